"""DES and what Chinese payment cards make of it, from FIPS 46-3 and the published manuals alone."""

IP = [58 - 8 * (i % 8) + (i // 8 * 2 if i < 32 else i // 8 * 2 - 9) for i in range(64)]
FP = [IP.index(i + 1) + 1 for i in range(64)]
EXPANSION = [(4 * (i // 6) + i % 6 - 1) % 32 + 1 for i in range(48)]
PERMUTATION = [
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
    2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
]
CHOICE_1 = [
    57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60,
    52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29,
    21, 13, 5, 28, 20, 12, 4,
]
CHOICE_2 = [
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
]
# Row by row, a hexadecimal digit an entry.
BOXES = [
    "E4D12FB83A6C59070F74E2D1A6CB953841E8D62BFC973A50FC8249175B3EA06D",
    "F18E6B34972DC05A3D47F28EC01A69B50E7BA4D158C6932FD8A13F42B67C05E9",
    "A09E63F51DC7B428D709346A285ECBF1D6498F30B12C5AE71AD069874FE3B52C",
    "7DE3069A1285BC4FD8B56F03472C1AE9A690CB7DF13E52843F06A1D8945BC72E",
    "2C417AB6853FD0E9EB2C47D150FA3986421BAD78F9C5630EB8C71E2D6F09A453",
    "C1AF92680D34E75BAF427C9561DE0B389EF528C3704A1DB6432C95FABE17608D",
    "4B2EF08D3C975A61D0B7491AE35C2F8614BDC37EAF6805926BD814A7950FE23C",
    "D2846FB1A93E50C71FD8A374C56B0E927B419CE206ADF35821E74A8DFC90356B",
]


def permuted(value, bits, table):
    result = 0
    for place in table:
        result = result << 1 | value >> bits - place & 1
    return result


def round_keys(key):
    value = permuted(int.from_bytes(key, "big"), 64, CHOICE_1)
    halves = [value >> 28, value & 0xFFFFFFF]
    for number in range(16):
        shift = 1 if number in (0, 1, 8, 15) else 2
        halves = [(half << shift | half >> 28 - shift) & 0xFFFFFFF for half in halves]
        yield permuted(halves[0] << 28 | halves[1], 56, CHOICE_2)


def substituted(value):
    result = 0
    for number, box in enumerate(BOXES):
        six = value >> 42 - 6 * number & 63
        row = six >> 4 & 2 | six & 1
        result = result << 4 | int(box[16 * row + (six >> 1 & 15)], 16)
    return permuted(result, 32, PERMUTATION)


def single(key, block, keys):
    value = permuted(int.from_bytes(block, "big"), 64, IP)
    left, right = value >> 32, value & 0xFFFFFFFF
    for one in keys:
        left, right = right, left ^ substituted(permuted(right, 32, EXPANSION) ^ one)
    return permuted(right << 32 | left, 64, FP).to_bytes(8, "big")


def des(key, block):
    return single(key, block, round_keys(key))


def undes(key, block):
    return single(key, block, reversed(list(round_keys(key))))


def encipher(key, data):
    """ECB; the length of the key says whether it is DES or triple DES."""
    left, right = key[:8], key[8:]
    block = lambda b: des(left, undes(right, des(left, b))) if right else des(left, b)
    return b"".join(block(data[at:at + 8]) for at in range(0, len(data), 8))


def padded(data):
    return data + b"\x80" + bytes(-(len(data) + 1) % 8)


def mac(key, data, initial=bytes(8)):
    """CBC-MAC with DES; of a key of 16 bytes the last block is enciphered with both halves."""
    value, data = initial, padded(data)
    for at in range(0, len(data), 8):
        value = des(key[:8], bytes(a ^ b for a, b in zip(value, data[at:at + 8])))
    if key[8:]:
        value = des(key[:8], undes(key[8:], value))
    return value[:4]


def folded(key):
    """The two halves of a key, exclusive-or."""
    return bytes(a ^ b for a, b in zip(key[:8], key[8:]))


assert des(bytes.fromhex("0123456789ABCDEF"), b"Now is t").hex() == "3fa40e8a984d4815"
