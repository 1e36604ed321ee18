//! What a command may be about to do to a file: the operations that access rights speak of.

/// An operation that rights allow or refuse; each has its place in the access mode byte of the
/// compact format ([`rules::ACCESS_MODES`](crate::rules::ACCESS_MODES)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// READ, SEARCH, COMPARE of an EF.
    Read,
    /// UPDATE and ERASE of an EF.
    Update,
    /// WRITE and APPEND of an EF.
    Write,
    /// CREATE FILE of an EF under a DF.
    CreateEf,
    /// CREATE FILE of a DF under a DF.
    CreateDf,
    /// DELETE FILE of a file under a DF.
    DeleteChild,
    /// DELETE FILE of the file itself.
    DeleteSelf,
    /// TERMINATE EF, TERMINATE DF; of the MF, TERMINATE CARD USAGE.
    Terminate,
    /// ACTIVATE FILE.
    Activate,
    /// DEACTIVATE FILE.
    Deactivate,
    /// GET DATA of the data objects of a DF.
    GetData,
    /// PUT DATA of the data objects of a DF.
    PutData,
    /// MANAGE SECURITY ENVIRONMENT that changes what is stored: STORE, ERASE.
    ManageSecurityEnvironment,
}
