//! The worked example of ICAO Doc 9303-11, appendix D.4, and messages under AES that an independent
//! implementation of the same rules has built; both sides, byte for byte.

use tessera_framework::StatusWord;

use super::*;

struct Example {
    algorithm: Algorithm,
    encryption: &'static str,
    authentication: &'static str,
    counter: &'static str,
    header: &'static str,
    form: Form,
    data: &'static str,
    ne: u32,
    command: &'static str,
    answer: &'static str,
    response: &'static str,
}

const EXAMPLES: [Example; 5] = [
    Example {
        algorithm: Algorithm::TripleDes,
        encryption: KS_ENC,
        authentication: KS_MAC,
        counter: COUNTER,
        header: "0CA4020C",
        form: Form::Cryptogram,
        data: "011E",
        ne: 0,
        command: "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
        answer: "",
        response: "990290008E08FA855A5D4C50A8ED",
    },
    Example {
        algorithm: Algorithm::TripleDes,
        encryption: KS_ENC,
        authentication: KS_MAC,
        counter: "887022120C06C228",
        header: "0CB00000",
        form: Form::Cryptogram,
        data: "",
        ne: 4,
        command: "0CB000000D9701048E08ED6705417E96BA5500",
        answer: "60145F01",
        response: "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED",
    },
    Example {
        algorithm: Algorithm::Aes,
        encryption: "118FEE0B989A3DB7C3532DC025FD37D7",
        authentication: "315DB84BA945CA5020BBB5075BBE4651",
        counter: "000000000000000000000000000000FF",
        header: "0CA4020C",
        form: Form::Cryptogram,
        data: "011E",
        ne: 0,
        command: "0CA4020C1D871101ECF0DE530B059297380CEB4E516C58868E085A6923FF7B60FA0D00",
        answer: "",
        response: "990290008E08888AB34681BDCC6E",
    },
    Example {
        algorithm: Algorithm::Aes,
        encryption: "54B9B7C4F4664660DDDB8148955FB9C69CE00E65891D4FFD",
        authentication: "CF637498AD4FAF12533F634293819018D3D60691827E9242",
        counter: "0123456789ABCDEF00000000000000FE",
        header: "08D60000",
        form: Form::Plain,
        data: "000102030405060708090A0B0C0D0E0F10111213",
        ne: 0,
        command: "08D6000026890408D600008114000102030405060708090A0B0C0D0E0F101112138E08DB\
                 F26BFAE51C14E900",
        answer: "",
        response: "990290008E0832AA2DF18C759E48",
    },
    Example {
        algorithm: Algorithm::Aes,
        encryption: "018057481AF8DEE9E22B2F2CF0E0FAD8A4A01D92CAC0ADFFFF829FA4F11ECD41",
        authentication: "9DE97F4EE3D7E1F32B556F03016277FBD51B25A887CC6B13DA234E4EAC8514E3",
        counter: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        header: "0CB10001",
        form: Form::Cryptogram,
        data: "540102",
        ne: 65_536,
        command: "0CB100010000208510C8F9649232ABE5536A2966719532A3A5970200008E089D922421CD\
                 6293840000",
        answer: "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20212223\
                2425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F4041424344454647\
                48494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F606162636465666768696A6B\
                6C6D6E6F707172737475767778797A7B7C7D7E7F808182838485868788898A8B8C8D8E8F\
                909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3\
                B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7\
                D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFB\
                FCFDFEFF",
        response: "85820110EC14116214B52C9BD9A5360E7BB0DBFAE983A330832EC93FFF53DE05E7EC30B1\
                  2A245CA2973A3FD493670E9A29D5BDE91C33B4B9D54145911FCDE17E99825F4A9E2DB3AA\
                  35D7537DBBF7045C79AD90B66612A56342B45E96A948C3E00C53FDB8DE681AB1829BF271\
                  837E96EE3A97164D520E7D0AB555D25D111C1F8B3159B62B1B80B1FB4006CF8A55C2B064\
                  05C52B240024D0E8E4AEF83C774EEF9EF5820A6C637786F741F2DBC7E96549C08A3F9689\
                  EADCC35E4542A6F3D7619426E04305FB8D5FA9627208174AC2B349F1AF77CDF5BDC7F7D6\
                  AFFB450721779CD5478EB51052787802A739048A058A6067F17077ABE680DF259616663B\
                  ABC16B932E8F8A0AF60F0B7DECB41168EB16FB1606A36DE7990290008E0881CAA9DEE040\
                  0A4E",
    },
];

impl Example {
    fn session(&self) -> Session {
        let (encryption, authentication) =
            (key(self.algorithm, self.encryption), key(self.algorithm, self.authentication));
        Session::new(&encryption, &authentication, &hex(self.counter)).unwrap()
    }

    fn ins(&self) -> u8 {
        hex(self.header)[1]
    }
}

#[test]
fn the_card_makes_the_commands_plain_and_protects_the_responses() {
    for example in EXAMPLES {
        let (mut session, command) = (example.session(), hex(example.command));
        let (header, field) = header_and_field(&command);
        let mut buffer = [0xEE; 600];
        let plain = session.unwrap_command(header, field, &mut buffer).unwrap();
        assert_eq!(plain.header[0], 0, "{}", example.command);
        assert_eq!(plain.header[1..], hex(example.header)[1..]);
        assert_eq!(plain.data, hex(example.data), "{}", example.command);
        assert_eq!((plain.ne, plain.header_authenticated), (example.ne, true));
        let (mut out, answer) = ([0; 600], hex(example.answer));
        let form = Form::Cryptogram;
        let bytes =
            session.wrap_response(example.ins(), form, &answer, StatusWord::OK, &mut out).unwrap();
        assert_eq!(out[..bytes], hex(example.response), "{}", example.command);
    }
}

#[test]
fn the_terminal_protects_the_commands_and_makes_the_responses_plain() {
    for example in EXAMPLES {
        let mut session = example.session();
        let (mut out, mut buffer) = ([0xEE; 600], [0xEE; 600]);
        let (header, data) = (array(example.header), hex(example.data));
        let bytes =
            session.wrap_command(header, example.form, &data, example.ne, &mut out).unwrap();
        assert_eq!(out[..bytes], hex(example.command), "{}", example.command);
        let response = hex(example.response);
        let data =
            session.unwrap_response(example.ins(), &response, StatusWord::OK, &mut buffer).unwrap();
        assert_eq!(data, hex(example.answer), "{}", example.command);
    }
}

/// The two messages of appendix D.4 follow each other in one session.
#[test]
fn the_counter_goes_up_with_every_message() {
    let mut session = triple_des(COUNTER);
    let (mut buffer, mut out) = ([0; 64], [0; 64]);
    for (example, counter) in EXAMPLES.iter().zip(["887022120C06C228", "887022120C06C22A"]) {
        let command = hex(example.command);
        let (header, field) = header_and_field(&command);
        session.unwrap_command(header, field, &mut buffer).unwrap();
        let (answer, form) = (hex(example.answer), Form::Cryptogram);
        let bytes =
            session.wrap_response(example.ins(), form, &answer, StatusWord::OK, &mut out).unwrap();
        assert_eq!(out[..bytes], hex(example.response));
        assert_eq!(session.counter(), hex(counter));
    }
}

#[test]
fn the_counter_carries_and_begins_again() {
    for (before, after) in [
        ("00000000000000FF", "0000000000000100"),
        ("12345678FFFFFFFF", "1234567900000000"),
        ("FFFFFFFFFFFFFFFF", "0000000000000000"),
    ] {
        let mut session = triple_des(before);
        assert_eq!(session.counter(), hex(before));
        session.count();
        assert_eq!(session.counter(), hex(after));
    }
}

#[test]
fn a_session_has_two_keys_of_one_algorithm_and_a_counter_of_its_block() {
    let des = |bytes: usize| Key::new(Algorithm::TripleDes, &[1; 24][..bytes]).unwrap();
    let aes = |bytes: usize| Key::new(Algorithm::Aes, &[1; 32][..bytes]).unwrap();
    for bytes in 0..20 {
        let counter = &[0; 20][..bytes];
        assert_eq!(Session::new(&des(16), &des(16), counter).is_some(), bytes == 8);
        assert_eq!(Session::new(&aes(16), &aes(32), counter).is_some(), bytes == 16);
        assert!(Session::new(&des(16), &aes(16), counter).is_none());
        assert!(Session::new(&aes(16), &des(16), counter).is_none());
        let single = Key::single_des([1; 8]);
        assert!(Session::new(&single, &single, counter).is_none());
        let sm4 = Key::new(Algorithm::Sm4, &[1; 16]).unwrap();
        assert!(Session::new(&sm4, &sm4, counter).is_none());
    }
}
