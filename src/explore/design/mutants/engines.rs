//! The card's engine put together from its own parts in a wrong order.

use Act::{
    CopyHome, CopyHomeOfLane0, EraseLog, EraseWipe, Home, Intent, IntentUnlessSet, Log, Mark, Rest,
    SetWipe, Unmark,
};

use crate::{
    explore::design::{
        Design, Pulsed, Rig,
        engine::{EngineJournal, EngineRam, EngineValue, layout},
        textbook::Ranges,
    },
    nvm::{
        Counters, Geometry, Layout, Memory, Pulse, PulseError, WORD_BYTES,
        counter::{self, Touched},
        erase_word,
        journal::{INTENT, MARKER, WIPE},
        layout::{LANES, Lane},
        log,
    },
};

/// An engine: what it does in a transaction, in a counter's change, and at power-up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Engine {
    work: Work,
    secret: bool,
    transaction: &'static [Act],
    /// At power-up, for each lane whose intent does not read idle: when its marker reads set.
    set: &'static [Act],
    /// When it does not.
    clear: &'static [Act],
    settles: Lanes,
    /// After lanes and counters, when the wipe word does not read idle.
    wipe: &'static [Act],
    counter: Counter,
}

/// What its changes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Work {
    /// A transaction, then a counter's change; each session has another lane.
    Both,
    /// Transactions alone, all in lane 0.
    OneLane,
    /// A counter's changes alone.
    Counter,
}

/// One thing it does, in a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    Intent,
    IntentUnlessSet,
    Rest,
    SetWipe,
    EraseWipe,
    EraseLog,
    Log,
    Mark,
    Unmark,
    Home,
    CopyHome,
    CopyHomeOfLane0,
}

/// Which lanes are settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lanes {
    NotIdle,
    FirstNotIdle,
    Lane0,
}

/// How counters are changed and settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Counter {
    Right,
    WithoutIntent,
    IntentAfter,
    IntentUnlessSet,
    IntentErasedBeforeSlots,
    OneSlotSettled,
    SettledWithLanesOnly,
}

pub(super) const SOUND: Engine = Engine {
    work: Work::Both,
    secret: false,
    transaction: &[Intent, Log, Mark, Home, Unmark],
    set: &[Mark, CopyHome, Unmark, Rest],
    clear: &[Unmark, Rest],
    settles: Lanes::NotIdle,
    wipe: &[],
    counter: Counter::Right,
};

pub(super) const SOUND_SECRET: Engine = Engine {
    secret: true,
    transaction: &[Intent, SetWipe, Log, Mark, Home, Unmark, EraseLog, EraseWipe],
    wipe: &[EraseLog, EraseWipe],
    ..SOUND
};

/// Name and order of each.
#[rustfmt::skip]
pub(super) const MUTANTS: &[(&str, Engine)] = &[
    ("engine: home before the marker",
        Engine { transaction: &[Intent, Log, Home, Mark, Unmark], ..SOUND }),
    ("engine: marker not programmed again",
        Engine { set: &[CopyHome, Unmark, Rest], ..SOUND }),
    ("engine: a clear marker left alone",
        Engine { clear: &[Rest], ..SOUND }),
    ("engine: the lane's open intent read instead of rewritten",
        Engine { work: Work::OneLane, transaction: &[IntentUnlessSet, Log, Mark, Home, Unmark], ..SOUND }),
    ("engine: the lane's intent after its log and marker",
        Engine { transaction: &[Log, Mark, Intent, Home, Unmark], ..SOUND }),
    ("engine: the lane's intent erased before the log is copied",
        Engine { set: &[Mark, Rest, CopyHome, Unmark], ..SOUND }),
    ("engine: the lane's intent erased before a clear marker",
        Engine { clear: &[Rest, Unmark], ..SOUND }),
    ("engine: the first lane in doubt is settled, not all",
        Engine { settles: Lanes::FirstNotIdle, ..SOUND }),
    ("engine: lane 0 is settled, whichever was used",
        Engine { settles: Lanes::Lane0, ..SOUND }),
    ("engine: the log of lane 0 is copied, whichever was used",
        Engine { set: &[Mark, CopyHomeOfLane0, Unmark, Rest], ..SOUND }),
    ("engine: wipe word set after the log",
        Engine { transaction: &[Intent, Log, SetWipe, Mark, Home, Unmark, EraseLog, EraseWipe], ..SOUND_SECRET }),
    ("engine: wipe word erased before the log",
        Engine { transaction: &[Intent, SetWipe, Log, Mark, Home, Unmark, EraseWipe, EraseLog], ..SOUND_SECRET }),
    ("engine: wipe word erased before the log in recovery",
        Engine { wipe: &[EraseWipe, EraseLog], ..SOUND_SECRET }),
    ("engine: log of a secret erased before its marker",
        Engine { transaction: &[Intent, SetWipe, Log, Mark, Home, EraseLog, Unmark, EraseWipe], ..SOUND_SECRET }),
    ("engine: log of a secret left to its next use",
        Engine { transaction: SOUND.transaction, ..SOUND_SECRET }),
    ("engine: log of a secret not erased in recovery",
        Engine { wipe: &[EraseWipe], ..SOUND_SECRET }),
    ("engine: counter changed without its intent",
        Engine { counter: Counter::WithoutIntent, ..SOUND }),
    ("engine: counter's intent after the change",
        Engine { counter: Counter::IntentAfter, ..SOUND }),
    ("engine: counter's open intent read instead of rewritten",
        Engine { work: Work::Counter, counter: Counter::IntentUnlessSet, ..SOUND }),
    ("engine: counter's intent erased before its slots are settled",
        Engine { counter: Counter::IntentErasedBeforeSlots, ..SOUND }),
    ("engine: one of the counter's slots settled",
        Engine { counter: Counter::OneSlotSettled, ..SOUND }),
    ("engine: counters settled only where a lane is in doubt",
        Engine { counter: Counter::SettledWithLanesOnly, ..SOUND }),
];

/// What it knows while power lasts.
#[derive(Clone, Default)]
pub(super) struct Ram {
    lane: Option<u32>,
    intent_solid: bool,
    touched: Touched,
}

impl Engine {
    fn right(&self) -> EngineJournal {
        let right = EngineJournal::new(super::tiny()).with_lanes();
        if self.secret { right.with_secrets() } else { right }
    }

    /// The step of [`EngineJournal`]: even ones are transactions, odd ones count.
    fn engine_step(&self, step: u32) -> u32 {
        match self.work {
            Work::Both => step,
            Work::OneLane => 2 * step,
            Work::Counter => 2 * step + 1,
        }
    }

    fn layout(&self) -> Layout {
        layout(&super::tiny())
    }

    fn act<M: Memory>(
        &self,
        act: Act,
        memory: &mut M,
        lane: Lane,
        intent_solid: &mut bool,
        ranges: Ranges,
    ) -> Pulsed {
        let (layout, homes) = (self.layout(), self.right().homes());
        let data = ranges.0.map(u16::to_be_bytes);
        match act {
            Intent if *intent_solid => Ok(()),
            Intent => {
                *intent_solid = true;
                memory.pulse(Pulse::Program { at: lane.intent, data: &INTENT })
            }
            IntentUnlessSet if memory.reads_as(lane.intent, INTENT) => Ok(()),
            IntentUnlessSet => memory.pulse(Pulse::Program { at: lane.intent, data: &INTENT }),
            Rest => erase_word(memory, lane.intent),
            SetWipe => memory.pulse(Pulse::Program { at: layout.wipe, data: &WIPE }),
            EraseWipe => erase_word(memory, layout.wipe),
            EraseLog => {
                let page = memory.geometry().page_bytes;
                (0..layout.log.bytes).step_by(page as usize).try_for_each(|offset| {
                    memory.pulse(Pulse::Erase { at: layout.log.base + offset, bytes: page })
                })
            }
            Log => {
                let mut log = Vec::new();
                let entries = homes.into_iter().zip(data.iter().map(|range| &range[..]));
                log::build(&mut log, entries);
                log::write(memory, &layout, lane, &log)
            }
            Mark => memory.pulse(Pulse::Program { at: lane.marker, data: &MARKER }),
            Unmark => erase_word(memory, lane.marker),
            Home => homes.into_iter().zip(data).try_for_each(|(at, data)| memory.write(at, &data)),
            CopyHome => log::copy_home(memory, &layout, lane),
            CopyHomeOfLane0 => log::copy_home(memory, &layout, layout.lane(0)),
        }
    }

    fn settle_lanes<M: Memory>(&self, memory: &mut M) -> Result<bool, PulseError> {
        let (layout, idle) = (self.layout(), [memory.geometry().erased; WORD_BYTES]);
        let mut found = false;
        for lane in layout.lanes() {
            let passed_over = match self.settles {
                Lanes::NotIdle => false,
                Lanes::FirstNotIdle => found,
                Lanes::Lane0 => lane != layout.lane(0),
            };
            if passed_over || memory.reads_as(lane.intent, idle) {
                continue;
            }
            found = true;
            let set = memory.reads_as(lane.marker, MARKER);
            for &act in if set { self.set } else { self.clear } {
                self.act(act, memory, lane, &mut true, Ranges([0, 0]))?;
            }
        }
        Ok(found)
    }

    fn settle_counters<M: Memory>(&self, memory: &mut M, lane_in_doubt: bool) -> Pulsed {
        let (layout, idle) = (self.layout(), [memory.geometry().erased; WORD_BYTES]);
        let slots_settled = match self.counter {
            Counter::IntentErasedBeforeSlots => 0..2,
            Counter::OneSlotSettled => 0..1,
            Counter::SettledWithLanesOnly if !lane_in_doubt => return Ok(()),
            _ => return counter::settle(memory, &layout),
        };
        for n in 0..layout.counter_count {
            let intent = counter::intent_at(&super::tiny(), &layout, n);
            if memory.reads_as(intent, idle) {
                continue;
            }
            if self.counter == Counter::IntentErasedBeforeSlots {
                erase_word(memory, intent)?;
            }
            for slot in &counter::slots(&super::tiny(), &layout, n)[slots_settled.clone()] {
                counter::settle_slot(memory, *slot)?;
            }
            erase_word(memory, intent)?;
        }
        Ok(())
    }

    fn count<M: Memory>(&self, memory: &mut M, touched: &mut Touched) -> Pulsed {
        let layout = self.layout();
        let counters = Counters::new(&layout);
        let at = counter::intent_at(&super::tiny(), &layout, 1);
        let passes_over = match self.counter {
            Counter::WithoutIntent | Counter::IntentAfter => true,
            Counter::IntentUnlessSet => memory.reads_as(at, counter::INTENT),
            _ => false,
        };
        if passes_over {
            touched.add(1);
        }
        let counted = counters.get(memory, 1) + 1;
        counters.set(memory, touched, 1, counted)?;
        if self.counter == Counter::IntentAfter {
            memory.pulse(Pulse::Program { at, data: &counter::INTENT })?;
        }
        Ok(())
    }
}

impl Design for Engine {
    type Ram = Ram;
    type Value = EngineValue;

    fn geometry(&self) -> Geometry {
        super::tiny()
    }

    fn bytes(&self) -> u32 {
        self.right().bytes()
    }

    fn format<M: Memory>(&self, memory: &mut M) -> Pulsed {
        self.right().format(memory)
    }

    fn settle<M: Memory>(&self, memory: &mut M, _: &mut Ram) -> Pulsed {
        let (layout, idle) = (self.layout(), [memory.geometry().erased; WORD_BYTES]);
        let lane_in_doubt = self.settle_lanes(memory)?;
        self.settle_counters(memory, lane_in_doubt)?;
        if !self.wipe.is_empty() && !memory.reads_as(layout.wipe, idle) {
            for &act in self.wipe {
                self.act(act, memory, layout.lane(0), &mut true, Ranges([0, 0]))?;
            }
        }
        Ok(())
    }

    fn value<M: Memory>(&self, memory: &mut M, _: &Ram) -> EngineValue {
        self.right().value(memory, &EngineRam::default())
    }

    fn change<R: Rig>(&self, rig: &mut R, ram: &mut Ram, step: u32) -> Pulsed {
        let step = self.engine_step(step);
        if step % 2 == 1 {
            return self.count(rig, &mut ram.touched);
        }
        let next_lane = if self.work == Work::OneLane { 0 } else { step % LANES };
        let lane = self.layout().lane(*ram.lane.get_or_insert(next_lane));
        self.transaction.iter().try_for_each(|&act| {
            self.act(act, rig, lane, &mut ram.intent_solid, Ranges::after(step))
        })
    }

    fn after(&self, value: &EngineValue, step: u32) -> EngineValue {
        self.right().after(value, self.engine_step(step))
    }
}
