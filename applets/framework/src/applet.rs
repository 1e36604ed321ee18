//! What an applet implements, and how it is selected.

use crate::{Aid, Class, Command, Direction, Env, FileId, Halt, Ins, Outcome, Reply, StatusWord};

/// An application on the card. It is ROM: no method takes `&mut self`, and a type that implements
/// this usually has no fields.
///
/// State that a tear could not reach is refused, for a card's forks share their applets:
///
/// ```compile_fail,E0277
/// struct Counting(core::cell::Cell<u32>);
/// fn must_be_shareable<A: Sync>() {} // as the trait demands
/// must_be_shareable::<Counting>();
/// ```
pub trait Applet: Sync {
    /// What the applet is called and what it needs of the card.
    fn descriptor(&self) -> &'static Descriptor;

    /// Fills the applet's empty segment at personalisation. `data` is in the applet's own format;
    /// the profile makes it.
    ///
    /// # Errors
    /// 6A84 when the segment is too small, 6A80 when `data` is not understood, `Torn`.
    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome;

    /// The `nth` (from 0) of this applet's DFs, in the order they were made, whose name begins with
    /// `prefix`. An applet without DFs of its own has one: its root, named by its AID.
    ///
    /// # Errors
    /// 6F00 when the segment cannot be read.
    fn df_by_name(&self, env: &Env<'_>, prefix: &[u8], nth: u16) -> Result<Option<DfId>, Halt> {
        let _ = env;
        Ok((nth == 0 && self.descriptor().aid.starts_with(prefix)).then_some(DfId::ROOT))
    }

    /// Makes a file of this applet current and writes its control information.
    ///
    /// When the applet was not the current one on this channel, its `OnDeselect` RAM is all zero
    /// on entry, unless it was the application above the current one: then that RAM is as it was
    /// left ([`Clear::OnDeselect`](crate::Clear::OnDeselect)). When the selection fails, the
    /// runtime puts that RAM back as it was: a failed SELECT changes nothing but what
    /// [`passed_over`](Self::passed_over) drops.
    ///
    /// # Errors
    /// 6A82 not found, 6A86, 6985; `Torn`.
    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt>;

    /// Told when a command came on this applet's channel that it did not get to see: a SELECT that
    /// failed, MANAGE CHANNEL, a class or length that the runtime refused. What is good for the
    /// next command only, as a challenge, is dropped here. GET RESPONSE, and the same command again
    /// with the Le that 6CXX told, count as parts of the command before.
    fn passed_over(&self, env: &mut Env<'_>) {
        let _ = env;
    }

    /// Which way the data of a command with this header goes, on a line where nothing else tells.
    /// An applet says it of instructions of its own; those of ISO/IEC 7816-4 are known.
    fn direction(&self, class: Class, ins: Ins, p1: u8) -> Direction {
        Direction::of(class, ins, p1)
    }

    /// Runs any other command.
    ///
    /// # Errors
    /// The status word to answer, or `Torn`.
    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome;

    /// Told after another applet has been selected on this channel, or the channel was closed, and
    /// not while one directly below this applet is the current one: its RAM of kind `OnDeselect` is
    /// cleared afterwards.
    fn deselect(&self, env: &mut Env<'_>) {
        let _ = env;
    }

    /// Told when an application directly below this one has become the current one on the channel,
    /// from this one: [`Clear::OnDeselect`](crate::Clear::OnDeselect) RAM is kept meanwhile, and
    /// what is not good for the applications below is dropped here.
    fn child_selected(&self, env: &mut Env<'_>) {
        let _ = env;
    }

    /// Told when a logical channel was opened from one on which this applet is selected (ISO/IEC
    /// 7816-4:2020, 11.1.2). The new channel's `OnDeselect` RAM is a copy: the applet keeps the
    /// current DF in it and drops whatever was shown or authenticated on the other channel.
    ///
    /// Forgets everything unless the applet knows better.
    fn inherit(&self, env: &mut Env<'_>) {
        env.ram_mut(crate::Clear::OnDeselect).fill(0);
    }

    /// Answers another applet's question ([`Env::service`]). Refuses unless it knows the caller.
    ///
    /// # Errors
    /// 6985 unless the applet offers a service.
    fn serve(
        &self,
        env: &mut Env<'_>,
        caller: &Aid,
        request: &[u8],
        reply: &mut Reply<'_>,
    ) -> Outcome {
        let _ = (env, caller, request, reply);
        Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED)
    }
}

/// An applet's constants.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// Name of the applet's root DF.
    pub aid: Aid,
    /// File identifier of the root, by which its parent's SELECT finds it.
    pub fid: Option<FileId>,
    /// Starting values of its counters; their number is how many it has.
    pub counters: &'static [u32],
    /// RAM kept while the applet is selected, per channel; at most [`Self::RAM_ON_DESELECT_MAX`].
    pub ram_on_deselect_bytes: u16,
    /// RAM kept until reset.
    pub ram_on_reset_bytes: u16,
    /// The applet reads the secure messaging bits of the class byte itself; else they are 6882.
    pub secure_messaging: bool,
    /// The applet takes command chaining; else a chain is 6884.
    pub chaining: bool,
}

impl Descriptor {
    /// Most RAM of kind `OnDeselect` an applet may ask for, in bytes.
    pub const RAM_ON_DESELECT_MAX: u16 = 512;
}

/// One of an applet's DFs, in a numbering of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DfId(pub u32);

impl DfId {
    /// The applet's root DF.
    pub const ROOT: Self = Self(0);
}

/// What a SELECT asks of an applet (ISO/IEC 7816-4:2020, 11.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Selection<'a> {
    /// The file.
    pub target: Target<'a>,
    /// The control information wanted (P2 b4-b3).
    pub control: Control,
}

/// The file a SELECT names, seen from the applet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target<'a> {
    /// One of the applet's DFs, found by its name.
    Df(DfId),
    /// P1 = 00: MF, DF or EF by identifier.
    FileId(FileId),
    /// P1 = 01: a child DF of the current DF.
    ChildDf(FileId),
    /// P1 = 00, asked of the application above the current one: a DF directly under the root.
    DfBeside(FileId),
    /// P1 = 02: an EF under the current DF.
    Ef(FileId),
    /// P1 = 03: the parent of the current DF.
    Parent,
    /// P1 = 09, or a path that began with 3FFF: a path from the current DF, two bytes a step.
    /// Empty: the current DF itself.
    PathFromCurrent(&'a [u8]),
    /// P1 = 08 or a path through a parent application: a path from the applet's root, maybe empty.
    PathFromRoot(&'a [u8]),
}

/// Control information a SELECT asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// P2 b4-b3 = 00: FCI, tag 6F.
    Fci,
    /// 01: FCP, tag 62.
    Fcp,
    /// 10: FMD, tag 64.
    Fmd,
    /// 11: no response data.
    None,
}

/// Where a selection ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selected {
    /// In this applet; the reply holds the control information.
    Here,
    /// The parent of the applet's root is asked for: the runtime goes on there.
    Above,
}
