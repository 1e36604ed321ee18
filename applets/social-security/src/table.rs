//! The personal card's file system, V2.0 (ministry notice 37 of 2012): every directory, file and
//! data item.
//!
//! One line an item: tag, length in bytes, Chinese name, English name. The order of lines is the
//! order of records. Lengths are decimal; `cn` is packed decimal, `an` characters, `b` a binary
//! number. A `template` is a record that holds data items again, so many times over. After a file's
//! names stand who may read it and who may update it; key identifiers are those of the key index
//! table of 2013.

use crate::{
    annex::{DF05, DF06},
    structure::{
        Class::{InUse, Preset, Reserved},
        Df, FREE, NEVER, PIN, an, b, cn, cyclic, fixed, key, pin_and, pin_or, records, template,
        transparent,
    },
};

/// The directories: the environment itself, then those under it.
pub static DFS: [&Df; 8] = [&SSSE, &DF01, &DF02, &DF03, &DF04, &DF05, &DF06, &DF07];

/// 社会保障系统环境: social-security system environment.
#[rustfmt::skip]
pub static SSSE: Df = Df {
    fid: 0xDDF1,
    name: &[0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF],
    chinese: "社会保障系统环境",
    english: "social-security system environment",
    files: &[
        records(0x05, "发卡机构数据", "card issuer data", FREE, key(0x04), InUse, &[
            cn(0x01, 16, "卡的识别码", "card identification code"),
            an(0x02, 1, "卡的类别", "card category"),
            an(0x03, 4, "规范版本", "specification version"),
            cn(0x04, 12, "初始化机构编号", "initialising organisation number"),
            cn(0x05, 4, "发卡日期", "issue date YYYYMMDD"),
            cn(0x06, 4, "卡有效期", "expiry date YYYYMMDD"),
            an(0x07, 9, "卡号", "card number"),
        ]),
        records(0x06, "持卡人基本信息", "cardholder basic data", FREE, key(0x04), InUse, &[
            an(0x08, 18, "社会保障号码", "social security number"),
            an(0x09, 30, "姓名", "name"),
            an(0x4E, 20, "姓名扩展", "name extension"),
            an(0x0A, 1, "性别", "sex"),
            cn(0x0B, 1, "民族", "ethnic group"),
            cn(0x0C, 3, "出生地", "place of birth (region code)"),
            cn(0x0D, 4, "出生日期", "date of birth"),
        ]),
        transparent(0x07, "指纹", "fingerprints", key(0x0A), key(0x04), Preset, 768),
        transparent(0x08, "数字相片", "photo", key(0x0A), key(0x04), Preset, 4096),
    ],
};

/// 公共应用信息区: common application.
#[rustfmt::skip]
pub static DF01: Df = Df {
    fid: 0xDF01,
    name: &[0xD1, 0x56, 0x00, 0x00, 0x05, 0x00],
    chinese: "公共应用信息区",
    english: "common application",
    files: &[
        records(0x05, "户籍信息", "household registration", pin_or(0x88), key(0x83), InUse, &[
            an(0x20, 2, "户口类别", "registration type"),
            an(0x21, 80, "户口所在地地址", "registered address"),
            cn(0x0E, 3, "户口所在地行政区划代码", "registered region code"),
        ]),
        records(0x06, "常住地信息", "residence", pin_or(0x88), key(0x86), InUse, &[
            an(0x23, 80, "常住所在地地址", "residence address"),
            cn(0x24, 3, "常住所在地行政区划代码", "residence region code"),
            an(0x28, 15, "联系电话", "telephone"),
            an(0x2C, 50, "联系人(监护人)姓名", "contact or guardian name"),
            an(0x2D, 15, "联系人(监护人)电话", "contact or guardian telephone"),
        ]),
        records(0x07, "个人状况", "personal status", pin_or(0x88), key(0x84), InUse, &[
            an(0x29, 1, "个人就业或离退休状态", "employment/retirement status"),
        ]),
        records(0x08, "婚姻状况", "marital status", pin_or(0x88), key(0x85), InUse, &[
            an(0x2B, 1, "婚姻状况", "marital status"),
        ]),
        records(0x09, "人员身份及就业单位", "identity class and employer", pin_or(0x88), key(0x84), InUse, &[
            an(0x2E, 70, "单位名称", "employer name"),
            an(0x30, 9, "单位组织机构代码", "employer organisation code"),
            an(0x32, 2, "人员身份类别", "identity class"),
        ]),
        records(0x0A, "国籍及政治面貌", "nationality and political status", pin_or(0x88), key(0x87), InUse, &[
            an(0x37, 3, "国籍", "nationality (3 letters, foreigners only)"),
            an(0x38, 2, "政治面貌", "political status"),
            cn(0x39, 4, "参加党派日期", "date of joining"),
        ]),
        records(0x15, "学历信息", "education", pin_or(0x88), key(0x89), InUse, &[
            cn(0x2A, 1, "学历", "education level"),
            template(0x40, 3, "学位信息", "degree", &[
                an(0x57, 3, "学位代码", "degree code"),
                cn(0x58, 3, "所学专业类别", "subject code"),
                an(0x59, 40, "毕业学校名称", "school"),
            ]),
        ]),
        transparent(0x16, "预留信息文件1", "reserved file 1", FREE, key(0x8A), Reserved, 296),
        transparent(0x17, "预留信息文件2", "reserved file 2", FREE, key(0x8B), Reserved, 296),
        transparent(0x18, "预留信息文件3", "reserved file 3", FREE, key(0x8C), Reserved, 296),
        transparent(0x19, "预留信息文件4", "reserved file 4", FREE, key(0x8D), Reserved, 296),
        transparent(0x1A, "预留信息文件5", "reserved file 5", FREE, key(0x8E), Reserved, 296),
    ],
};

/// 就业与失业信息区: employment and unemployment.
#[rustfmt::skip]
pub static DF02: Df = Df {
    fid: 0xDF02,
    name: &[0xD1, 0x56, 0x00, 0x00, 0x05, 0x01],
    chinese: "就业与失业信息区",
    english: "employment and unemployment",
    files: &[
        records(0x05, "职业和专业技能", "occupational and technical skills", pin_or(0x88), key(0x83), Preset, &[
            an(0x42, 3, "专业技术职务代码", "professional post code"),
            an(0x41, 3, "专业技术职务级别", "professional post level"),
            template(0x43, 2, "职业资格(工人技术等级)信息", "worker skill qualification", &[
                an(0x5A, 7, "名称代码", "occupation code"),
                an(0x5B, 1, "等级", "grade"),
                an(0x5C, 70, "发证/年检机构", "issuing/annual-check body"),
                cn(0x5D, 4, "发证/年检日期", "issue/annual-check date"),
                an(0x5E, 16, "证书编号", "certificate number"),
            ]),
            template(0x44, 2, "职业资格(专业技术人员)信息", "professional qualification", &[
                an(0x33, 3, "名称代码", "qualification code"),
                an(0x34, 70, "注册登记/年检机构", "registration body"),
                cn(0x35, 4, "注册登记/年检日期", "registration date"),
                an(0x36, 16, "证书编号", "certificate number"),
            ]),
        ]),
        records(0x06, "就业状况", "employment status", pin_or(0x88), key(0x84), InUse, &[
            cn(0x4C, 4, "最近一次办理就业登记日期", "last employment registration date"),
            an(0x4B, 5, "就业登记类型及形式", "employment registration type (2) and form (3)"),
            cn(0x4D, 3, "就业登记地行政区划代码", "employment registration region"),
            cn(0x60, 4, "最近一次办理失业登记日期", "last unemployment registration date"),
            an(0x4F, 6, "失业登记类型、原因及注销原因", "unemployment registration type (2), reason (2), cancellation reason (2)"),
            cn(0x50, 3, "失业登记地行政区划代码", "unemployment registration region"),
            an(0x3A, 7, "现从事职业", "present occupation"),
        ]),
        cyclic(0x07, "就业记录", "employment history", pin_or(0x88), key(0x85), InUse, 4, &[
            an(0, 7, "从事职业", "occupation"),
            cn(0, 4, "就业起始日期", "start"),
            cn(0, 4, "就业终止日期", "end"),
            an(0, 70, "就业工作单位名称", "employer"),
        ]),
        records(0x09, "就业失业登记证", "employment/unemployment certificate", pin_or(0x88), key(0x86), InUse, &[
            an(0x55, 16, "编号", "certificate number"),
            an(0x56, 70, "发证机构", "issuing body"),
            cn(0x96, 4, "发证/年检日期", "issue/annual-check date"),
            cn(0x97, 3, "发证地行政区划代码", "issue region"),
        ]),
        records(0x15, "就业援助对象认定", "employment-assistance recognition", pin_or(0x88), key(0x87), InUse, &[
            template(0x99, 4, "就业援助对象认定信息", "recognition", &[
                an(0x10, 3, "对象类型", "recipient type"),
                cn(0x11, 4, "认定日期", "date"),
                cn(0x12, 3, "认定地行政区划代码", "region"),
            ]),
            cn(0x0F, 4, "退出认定日期", "exit date"),
            cn(0x1F, 3, "退出认定地行政区划代码", "exit region"),
        ]),
        cyclic(0x16, "就业扶持政策享受", "employment-support policy use", pin_or(0x88), key(0x89), InUse, 4, &[
            an(0, 3, "政策类型", "policy type"),
            cn(0, 4, "核准日期", "approval date"),
            cn(0, 4, "享受开始日期", "start"),
            cn(0, 4, "享受终止日期", "end"),
            cn(0, 3, "享受地行政区划代码", "region"),
        ]),
    ],
};

/// 社会保险信息区1: social insurance 1 (pension, unemployment, injury, maternity).
#[rustfmt::skip]
pub static DF03: Df = Df {
    fid: 0xDF03,
    name: &[0xD1, 0x56, 0x00, 0x00, 0x05, 0x02],
    chinese: "社会保险信息区1",
    english: "social insurance 1 (pension, unemployment, injury, maternity)",
    files: &[
        records(0x05, "失业保险", "unemployment insurance", pin_or(0x85), key(0x86), InUse, &[
            cn(0x61, 3, "参保地行政区划代码", "insured region"),
            cn(0x60, 4, "最近一次办理失业登记日期", "last unemployment registration date"),
            cn(0x98, 4, "最近一次失业保险金申领日期", "last benefit application"),
            cn(0x62, 4, "报到日期/信息更新日期", "monthly report / update date"),
            an(0x63, 3, "累计缴费年限(月数)", "cumulative contribution months"),
            an(0x64, 3, "有效缴费年限(月数)", "effective contribution months"),
            an(0x65, 3, "应领取月数", "months entitled"),
            an(0x66, 3, "已领取月数", "months drawn"),
        ]),
        records(0x06, "劳动能力鉴定", "work-capability appraisal", pin_or(0x84), key(0x87), InUse, &[
            an(0x45, 20, "鉴定编号", "appraisal number"),
            an(0x46, 2, "申请鉴定事项代码", "matter code"),
            an(0x47, 2, "伤残等级", "disability grade"),
            an(0x48, 1, "生活自理障碍等级", "self-care impairment grade"),
            an(0x49, 1, "丧失劳动能力鉴定结论", "loss-of-capability result"),
            cn(0x67, 4, "鉴定日期", "date"),
            an(0x6B, 60, "鉴定机构名称", "body"),
            template(0x4A, 3, "申请确认事项", "confirmation matter", &[
                an(0x13, 2, "事项代码", "matter code"),
                an(0x14, 1, "结论", "result"),
                an(0x15, 20, "辅助器具项目名称", "assistive device"),
                cn(0x16, 4, "确认日期", "date"),
                an(0x17, 60, "确认机构名称", "body"),
            ]),
        ]),
        records(0x07, "养老保险", "pension insurance", pin_or(0x84), key(0x88), InUse, &[
            an(0x70, 3, "险种类型", "scheme type"),
            cn(0x71, 3, "参保地行政区划代码", "insured region"),
            cn(0x6E, 4, "个人账户建立日期", "personal account opened"),
            cn(0x6C, 4, "离退休日期", "retirement date"),
            cn(0x6F, 4, "待遇享受开始日期", "benefit start"),
            cn(0x73, 4, "信息更新日期", "update date"),
        ]),
        records(0x15, "工伤保险", "work-injury insurance", pin_or(0x84), key(0x89), InUse, &[
            cn(0x7A, 3, "参保地行政区划代码", "insured region"),
            cn(0x7B, 4, "定期待遇享受开始日期", "periodic benefit start"),
            cn(0x7C, 4, "信息更新日期", "update date"),
        ]),
        records(0x16, "生育保险", "maternity insurance", pin_or(0x84), key(0x8A), InUse, &[
            cn(0x51, 3, "参保地行政区划代码", "insured region"),
            an(0x5F, 1, "职工未就业配偶标识", "unemployed-spouse flag"),
        ]),
        records(0x17, "工伤认定", "work-injury recognition", pin_or(0x84), key(0x8B), InUse, &[
            an(0x3B, 20, "认定编号", "number"),
            an(0x3C, 70, "用人单位名称", "employer"),
            an(0x3D, 1, "认定结论", "result"),
            cn(0x3E, 4, "认定日期", "date"),
            an(0x3F, 60, "认定部门名称", "department"),
        ]),
        records(0x18, "供养亲属", "dependants", pin_or(0x84), key(0x8C), InUse, &[
            an(0x74, 3, "供养险种类型", "scheme type"),
            cn(0x75, 3, "参保地行政区划代码", "insured region"),
            cn(0x76, 1, "供养关系", "relation"),
            cn(0x77, 4, "待遇享受开始日期", "benefit start"),
            cn(0x78, 4, "信息更新日期", "update date"),
        ]),
        fixed(0x19, "参保凭证", "insurance certificates", pin_or(0x84), key(0x8D), InUse, &[
            template(0x79, 4, "参保凭证信息(养老/医疗/失业/预留)", "certificate: 1 pension, 2 medical, 3 unemployment, 4 reserved", &[
                an(0x18, 3, "险种类型", "scheme type"),
                cn(0x19, 3, "参保地行政区划代码", "insured region"),
                cn(0x1A, 4, "本地参保起始日期", "start"),
                cn(0x1B, 4, "本地参保终止日期", "end"),
                cn(0x1C, 4, "本地个人实际缴费金额", "amount paid (fen)"),
                an(0x1D, 3, "本地实际缴费月数", "months paid"),
                cn(0x1E, 4, "凭证出具日期", "issued"),
            ]),
        ]),
    ],
};

/// 社会保险信息区2: social insurance 2 (medical).
#[rustfmt::skip]
pub static DF04: Df = Df {
    fid: 0xDF04,
    name: &[0xD1, 0x56, 0x00, 0x00, 0x05, 0x03],
    chinese: "社会保险信息区2",
    english: "social insurance 2 (medical)",
    files: &[
        records(0x05, "医疗保险基本信息", "medical insurance basics", pin_or(0x84), key(0x85), InUse, &[
            an(0x81, 8, "险种类型及标识", "scheme type (3) and five flags"),
            cn(0x84, 3, "参保地行政区划代码", "insured region"),
            an(0x87, 17, "健康档案编号", "health-record number"),
            cn(0x8C, 1, "参保人员类别", "insured-person class"),
            cn(0x80, 4, "个人账户建立日期", "personal account opened"),
            an(0x8B, 29, "个人账号", "personal account number"),
            an(0x8A, 15, "医疗证号", "medical certificate number"),
            an(0x83, 9, "定点医疗机构代码1", "designated hospital 1"),
            an(0x86, 9, "定点医疗机构代码2", "designated hospital 2"),
            an(0x89, 9, "定点医疗机构代码3", "designated hospital 3"),
            an(0x7D, 9, "工伤协议医疗机构代码1", "work-injury hospital 1"),
            an(0x7E, 9, "工伤协议医疗机构代码2", "work-injury hospital 2"),
            an(0x7F, 9, "工伤协议医疗机构代码3", "work-injury hospital 3"),
            an(0x8D, 9, "生育定点医疗机构代码1", "maternity hospital 1"),
            an(0x8E, 9, "生育定点医疗机构代码2", "maternity hospital 2"),
            an(0x8F, 1, "医疗保险用卡方式", "card use mode"),
        ]),
        records(0x06, "临时脱网结算信息", "temporary off-line settlement", pin_and(0x84), key(0x86), InUse, &[
            an(0x90, 1, "准许脱网医保结算标识", "off-line settlement allowed"),
            cn(0x92, 4, "脱网结算累计金额", "off-line amount since last on-line (fen)"),
            an(0x93, 2, "脱网结算累计次数", "off-line count since last on-line"),
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
        cyclic(0x15, "特殊医疗结算记录", "special medical settlement", pin_or(0x84), key(0x86), InUse, 8, &[
            b(0, 2, "交易序号", "transaction number"),
            an(0, 1, "结算类别", "settlement class"),
        ]),
    ],
};

/// 人事人才信息区: personnel and talent.
#[rustfmt::skip]
pub static DF07: Df = Df {
    fid: 0xDF07,
    name: &[0xD1, 0x56, 0x00, 0x00, 0x05, 0x04],
    chinese: "人事人才信息区",
    english: "personnel and talent",
    files: &[
        records(0x05, "荣誉信息", "honours", key(0x83), key(0x86), Preset, &[
            an(0xF0, 2, "荣誉称号名称代码", "title code"),
            an(0xF1, 1, "荣誉称号级别", "title level"),
            cn(0xF2, 4, "批准日期", "date"),
            an(0xF3, 3, "荣誉奖章名称代码", "medal code"),
            cn(0xF4, 4, "奖章批准日期", "medal date"),
        ]),
        records(0x06, "专家信息", "experts", key(0x84), key(0x87), Preset, &[
            an(0xF5, 3, "专家类别", "expert class"),
            cn(0xF6, 4, "批准日期", "date"),
            an(0xF7, 70, "批准单位名称", "approving body"),
        ]),
        records(0x07, "军队转业干部", "demobilised officers", key(0x85), key(0x88), Preset, &[
            cn(0xF8, 4, "批准转业日期", "date"),
            an(0xF9, 1, "安置方式", "placement"),
        ]),
    ],
};
