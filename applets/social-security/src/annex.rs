//! Two directories of an informative annex of the data items V2.0: life and health, relief and
//! special care. No name is registered for them: they are called by their labels, and the names
//! that are met on the net are taken as well (own choices).

use tessera_cos::df_by_name;
use tessera_framework::{DfId, Env, Halt};

use crate::structure::{Class::Informative, Df, FREE, an, cn, key, records, template};

/// 生命与健康信息区: life and health.
#[rustfmt::skip]
pub static DF05: Df = Df {
    fid: 0xDF05,
    name: &[0xC9, 0xFA, 0xC3, 0xFC, 0xD3, 0xEB, 0xBD, 0xA1, 0xBF, 0xB5, 0xD0, 0xC5, 0xCF, 0xA2, 0xC7, 0xF8],
    chinese: "生命与健康信息区",
    english: "life and health",
    files: &[
        records(0x05, "生命与健康", "life and health", FREE, key(0x83), Informative, &[
            an(0xA0, 1, "健康状况", "health state"),
            an(0xA1, 1, "残疾类别", "disability type"),
            an(0xB9, 1, "残疾等级", "disability level"),
            an(0xA2, 4, "ABO血型", "ABO blood group (text)"),
            cn(0xA9, 1, "RH血型", "Rh blood group"),
            template(0xA3, 5, "禁忌药信息", "contra-indicated drug", &[
                an(0xA5, 16, "禁忌药", "drug"),
                an(0xA6, 4, "代码", "code"),
            ]),
            template(0xA4, 5, "重大疾病信息", "major disease", &[
                an(0xA7, 16, "重大疾病", "disease"),
                an(0xA8, 3, "代码", "code"),
            ]),
            an(0xBA, 20, "过敏物质名称", "allergen"),
            an(0xBB, 100, "过敏反应", "allergic reaction"),
            an(0xAA, 20, "免疫接种名称", "vaccination"),
            cn(0xAB, 4, "免疫接种时间", "vaccination date"),
            an(0xAC, 1, "哮喘标志", "asthma flag"),
            an(0xAD, 1, "心脏病标志", "heart disease flag"),
            an(0xAE, 1, "心脑血管标志", "cardio-cerebrovascular flag"),
            an(0xAF, 1, "癫痫标志", "epilepsy flag"),
            an(0xB0, 1, "凝血紊乱标志", "coagulation disorder flag"),
            an(0xB1, 1, "糖尿病标志", "diabetes flag"),
            an(0xB2, 1, "青光眼标志", "glaucoma flag"),
            an(0xB3, 1, "透析标志", "dialysis flag"),
            an(0xB4, 1, "器官移植标志", "organ transplant flag"),
            an(0xB5, 1, "器官缺失标志", "missing organ flag"),
            an(0xB6, 1, "可装卸义肢标志", "removable prosthesis flag"),
            an(0xB7, 1, "心脏起搏器标志", "pacemaker flag"),
            an(0xBC, 1, "精神病标志", "psychiatric flag"),
            an(0xB8, 40, "其他医学警示名称", "other medical alert"),
        ]),
    ],
};

/// 救助与优抚信息区: relief and special care.
#[rustfmt::skip]
pub static DF06: Df = Df {
    fid: 0xDF06,
    name: &[0xBE, 0xC8, 0xD6, 0xFA, 0xD3, 0xEB, 0xD3, 0xC5, 0xB8, 0xA7, 0xD0, 0xC5, 0xCF, 0xA2, 0xC7, 0xF8],
    chinese: "救助与优抚信息区",
    english: "relief and special care",
    files: &[
        records(0x05, "社会救助", "social relief", key(0x83), key(0x85), Informative, &[
            an(0xC0, 70, "发放机构名称", "paying body"),
            an(0xC2, 9, "发放机构代码", "body code"),
            template(0xC3, 1, "社会救助信息1", "relief 1", &[
                cn(0xE3, 1, "社会救助代码", "relief code"),
                cn(0xE4, 4, "批准日期", "approved"),
                cn(0xE5, 4, "复核日期", "reviewed"),
                cn(0xE6, 4, "最近一次金额", "last amount (fen)"),
                cn(0xE7, 3, "已发放月度", "paid up to YYYYMM"),
            ]),
            template(0xC4, 1, "社会救助信息2", "relief 2", &[
                cn(0xE3, 1, "社会救助代码", "relief code"),
                cn(0xE4, 4, "批准日期", "approved"),
                cn(0xE5, 4, "复核日期", "reviewed"),
                cn(0xE6, 4, "最近一次金额", "last amount (fen)"),
                cn(0xE7, 3, "已发放月度", "paid up to YYYYMM"),
            ]),
            template(0xC5, 1, "社会救助信息3", "relief 3", &[
                cn(0xE3, 1, "社会救助代码", "relief code"),
                cn(0xE4, 4, "批准日期", "approved"),
                cn(0xE5, 4, "复核日期", "reviewed"),
                cn(0xE6, 4, "最近一次金额", "last amount (fen)"),
                cn(0xE7, 3, "已发放月度", "paid up to YYYYMM"),
            ]),
        ]),
        records(0x06, "优待抚恤", "special care and pension", key(0x83), key(0x86), Informative, &[
            an(0xC6, 70, "发放机构", "paying body"),
            an(0xC8, 9, "发放机构代码", "body code"),
            cn(0xC9, 1, "优抚代码1", "code 1"),
            cn(0xCA, 4, "批准日期1", "approved 1"),
            cn(0xCB, 4, "截止日期1", "ends 1"),
            cn(0xCC, 4, "义务兵优待金标准", "conscript family grant"),
            cn(0xCD, 2, "已发放年度1", "paid year 1"),
            cn(0xCE, 1, "优抚代码2", "code 2"),
            cn(0xCF, 4, "批准日期2", "approved 2"),
            cn(0xD0, 4, "截止日期2", "ends 2"),
            cn(0xD1, 4, "定期抚恤金标准", "regular pension"),
            cn(0xD2, 3, "已发放月度2", "paid month 2"),
            cn(0xD3, 1, "优抚代码3", "code 3"),
            cn(0xD4, 4, "批准日期3", "approved 3"),
            cn(0xD5, 4, "截止日期3", "ends 3"),
            cn(0xD6, 4, "定期补助标准", "regular subsidy"),
            cn(0xD7, 3, "已发放月度3", "paid month 3"),
            cn(0xD8, 1, "优抚代码4", "code 4"),
            cn(0xD9, 4, "批准日期4", "approved 4"),
            cn(0xDA, 4, "截止日期4", "ends 4"),
            cn(0xDB, 4, "抚恤金标准(中央)", "disability pension, central"),
            cn(0xDC, 4, "抚恤金补助(地方)", "disability pension, local"),
            cn(0xDD, 4, "保健金标准(中央)", "health-care grant, central"),
            cn(0xDE, 4, "保健金补助(地方)", "health-care grant, local"),
            cn(0xDF, 3, "伤残抚恤金已发放月度", "pension paid month"),
            cn(0xE0, 3, "抚恤补助金已发放月度", "subsidy paid month"),
            cn(0xE1, 2, "保健金已发放年度", "grant paid year"),
            cn(0xE2, 2, "保健补助金已发放年度", "grant subsidy paid year"),
        ]),
    ],
};

/// The names by which some know these directories.
const ALIASES: [(&[u8], &Df); 2] =
    [(b"\xD1\x56\x00\x00\x05\x05", &DF05), (b"\xD1\x56\x00\x00\x05\x06", &DF06)];

/// The `nth` of the directories there are that are also known by a name that begins with `prefix`.
pub(crate) fn df_by_alias(env: &Env<'_>, prefix: &[u8], nth: u16) -> Result<Option<DfId>, Halt> {
    let mut seen = 0;
    for (alias, df) in ALIASES {
        if let (true, Some(found)) = (alias.starts_with(prefix), df_by_name(env, df.name, 0)?) {
            if seen == nth {
                return Ok(Some(found));
            }
            seen += 1;
        }
    }
    Ok(None)
}
