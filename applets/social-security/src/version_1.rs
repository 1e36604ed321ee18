//! The personal card's file system, V1.0 (LB002-2000), as far as anything is published of it: a
//! region's paper, and annex C of the data items V2.0.
//!
//! Written as the [table](crate::table) of V2.0 is. What the sources say differs is as they say;
//! the rest of a file, its key identifiers and the order of records are those of V2.0 (inferred),
//! and so are the directories' names. The files that V2.0 numbers from EF15 on are not there
//! (inferred: they are said to be new).
//!
//! An item that is rewritten with the meaning of V2.0 keeps its record's length, and nibbles E fill
//! it: a card does so with what UPDATE RECORD brings to the [items](rewritable) that annex C names;
//! the others are stored as they come. Items 4B and 4F are longer in V2.0 than their records here,
//! so they are refused (6A84).

use crate::structure::{
    Class::InUse, Df, FREE, NEVER, PIN, an, b, cn, cyclic, fixed, key, pin_and, pin_or, records,
    transparent,
};

/// The directories: the environment itself, then those under it.
pub static DFS: [&Df; 5] = [&SSSE, &DF01, &DF02, &DF03, &DF04];

/// Items that V2.0 gave another meaning, and those that follow them (annex C): directory, short
/// identifier, tags.
const REWRITABLE: [(u16, u8, &[u8]); 8] = [
    (0xDF01, 0x09, &[0x32]),
    (0xDF01, 0x0A, &[0x37, 0x38, 0x39]),
    (0xDF02, 0x06, &[0x4B, 0x4D, 0x4F, 0x50]),
    (0xDF02, 0x09, &[0x55, 0x56, 0x96, 0x97]),
    (0xDF03, 0x05, &[0x61]),
    (0xDF03, 0x07, &[0x6F, 0x70, 0x71]),
    (0xDF04, 0x05, &[0x81, 0x84, 0x87]),
    (0xDF04, 0x06, &[0x90, 0x92, 0x93]),
];

/// Tags of the items of a file that V2.0 gave another meaning.
#[must_use]
pub fn rewritable(df: u16, sfi: u8) -> &'static [u8] {
    let found = REWRITABLE.iter().find(|(of, file, _)| (*of, *file) == (df, sfi));
    found.map_or(&[], |(.., tags)| tags)
}

/// 社会保障系统环境: social-security system environment.
#[rustfmt::skip]
pub static SSSE: Df = Df {
    files: &[
        crate::table::SSSE.files[0],
        records(0x06, "持卡人基本信息", "cardholder basic data", FREE, key(0x04), InUse, &[
            an(0x08, 18, "公民身份号码", "citizen number"),
            an(0x09, 30, "姓名", "name"),
            an(0x0A, 1, "性别", "sex"),
            cn(0x0B, 1, "民族", "ethnic group"),
            cn(0x0C, 3, "出生地", "place of birth (region code)"),
            cn(0x0D, 4, "出生日期", "date of birth"),
        ]),
        transparent(0x07, "指纹", "fingerprints", key(0x0A), key(0x04), InUse, 768),
    ],
    ..crate::table::SSSE
};

/// 公共应用信息区: common application.
#[rustfmt::skip]
pub static DF01: Df = Df {
    files: &[
        records(0x05, "户籍信息", "household registration", pin_or(0x88), key(0x83), InUse, &[
            an(0x20, 1, "户口类别", "registration type"),
            an(0x21, 62, "户口所在地地址", "registered address"),
            an(0x22, 18, "户口所在地地址扩展", "registered address, extension"),
        ]),
        records(0x06, "常住地信息", "residence", pin_or(0x88), key(0x86), InUse, &[
            an(0x25, 62, "常住所在地地址", "residence address"),
            an(0x26, 18, "常住所在地地址扩展", "residence address, extension"),
            cn(0x27, 3, "邮政编码", "post code"),
            an(0x28, 15, "联系电话", "telephone"),
        ]),
        fixed(0x07, "个人状况", "personal status", pin_or(0x88), key(0x84), InUse, &[
            an(0x29, 1, "个人状况", "personal status"),
            cn(0x2A, 1, "文化程度", "education level"),
        ]),
        crate::table::DF01.files[3],
        records(0x09, "就业单位", "employer", pin_or(0x88), key(0x84), InUse, &[
            an(0x2E, 62, "单位名称", "employer name"),
            an(0x2F, 8, "单位名称扩展", "employer name, extension"),
            an(0x30, 9, "单位组织机构代码", "employer organisation code"),
            an(0x31, 1, "单位类型", "employer type"),
            an(0x32, 3, "经济类型", "economic type"),
        ]),
        fixed(0x0A, "缴费工资", "wages", pin_or(0x88), key(0x87), InUse, &[
            cn(0x37, 4, "缴费基数", "contribution base"),
            cn(0x38, 4, "上年工资", "wages of last year"),
            cn(0x39, 4, "信息更新日期", "update date"),
        ]),
    ],
    ..crate::table::DF01
};

/// 就业与失业信息区: employment and unemployment.
#[rustfmt::skip]
pub static DF02: Df = Df {
    files: &[
        records(0x06, "就业状况", "employment status", pin_or(0x88), key(0x84), InUse, &[
            cn(0x4B, 4, "首次就业日期", "first job"),
            cn(0x4D, 4, "劳动合同签订日期", "contract signed"),
            cn(0x4F, 4, "劳动合同终止日期", "contract ended"),
            cn(0x50, 4, "劳动合同起始日期", "contract start"),
        ]),
        records(0x09, "外出人员就业证", "migrant work permit", pin_or(0x88), key(0x86), InUse, &[
            cn(0x55, 10, "编号", "permit number"),
            an(0x56, 70, "发证机构", "issuer"),
            cn(0x96, 4, "发证日期", "date"),
            cn(0x97, 4, "有效期", "expiry"),
        ]),
    ],
    ..crate::table::DF02
};

/// 社会保险信息区1: social insurance 1.
#[rustfmt::skip]
pub static DF03: Df = Df {
    files: &[
        records(0x05, "失业保险", "unemployment insurance", pin_or(0x85), key(0x86), InUse, &[
            cn(0x61, 4, "月失业保险金", "monthly benefit"),
            cn(0x60, 4, "失业登记日期", "unemployment registration date"),
            cn(0x62, 4, "报到日期", "monthly report date"),
            an(0x63, 3, "累计缴费月数", "cumulative contribution months"),
            an(0x64, 3, "有效缴费月数", "effective contribution months"),
            an(0x65, 3, "应领取月数", "months entitled"),
            an(0x66, 3, "已领取月数", "months drawn"),
        ]),
        records(0x07, "养老保险", "pension insurance", pin_or(0x84), key(0x88), InUse, &[
            an(0x70, 3, "累计缴费月数", "months paid"),
            cn(0x71, 4, "个人账户储存额个人部分", "personal part of the savings (fen)"),
            cn(0x6E, 4, "个人账户建立日期", "personal account opened"),
            cn(0x6C, 4, "离退休日期", "retirement date"),
            cn(0x6F, 4, "账户变更日期", "account change date"),
        ]),
    ],
    ..crate::table::DF03
};

/// 社会保险信息区2: social insurance 2 (medical).
#[rustfmt::skip]
pub static DF04: Df = Df {
    files: &[
        records(0x05, "医疗保险基本信息", "medical insurance basics", pin_or(0x84), key(0x85), InUse, &[
            an(0x81, 70, "定点医疗机构名称1", "name of hospital 1"),
            an(0x84, 70, "定点医疗机构名称2", "name of hospital 2"),
            an(0x87, 70, "定点医疗机构名称3", "name of hospital 3"),
            cn(0x80, 4, "个人账户建立日期", "personal account opened"),
            an(0x8B, 29, "个人账号", "personal account number"),
            an(0x8A, 15, "医疗证号", "medical certificate number"),
            an(0x83, 9, "定点医疗机构代码1", "designated hospital 1"),
            an(0x86, 9, "定点医疗机构代码2", "designated hospital 2"),
            an(0x89, 9, "定点医疗机构代码3", "designated hospital 3"),
        ]),
        records(0x06, "账户信息", "account", pin_and(0x84), key(0x86), InUse, &[
            cn(0x90, 4, "个人账户余额", "balance of the account (fen)"),
            cn(0x92, 4, "当年自付累计", "self-pay of the year (fen)"),
            cn(0x93, 4, "当年统筹支付累计", "pooled fund of the year (fen)"),
        ]),
        cyclic(0x08, "医疗交易明细", "medical transaction log", PIN, NEVER, InUse, 30, &[
            b(0, 2, "交易序号", "transaction number"),
            an(0, 1, "交易类型", "transaction type"),
            cn(0, 6, "终端机编号", "terminal number"),
            cn(0, 7, "交易时间", "time YYYYMMDDhhmmss"),
            b(0, 4, "个人账户交易金额", "personal-account amount (fen)"),
            b(0, 4, "个人自付金额", "self-pay amount (fen)"),
            b(0, 4, "统筹基金支付金额", "pooled-fund amount (fen)"),
        ]),
    ],
    ..crate::table::DF04
};
