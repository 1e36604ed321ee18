//! An applet's view of the card while it runs: its own segment, counters and RAM.
//!
//! Here a segment offset becomes an address. An offset beyond the segment has no address, so
//! another applet's memory cannot be expressed.

use tessera_framework::{
    Aid, Applet, Clear, Env, Halt, Outcome, Platform, Reply, StatusWord, Torn,
};

use super::{
    registry::{Entry, Registry},
    state::Core,
};
use crate::nvm::{
    Block, Counters, Memory as _,
    journal::{self, Refusal, Secrecy},
};

/// How deep one applet's question may lead to another's.
const SERVICE_DEPTH_MAX: u8 = 2;

/// One applet running on one channel.
pub(crate) struct Context<'c> {
    pub(crate) core: &'c mut Core,
    pub(crate) registry: &'c Registry,
    pub(crate) applet: u8,
    pub(crate) entry: &'c Entry,
    pub(crate) channel: u8,
    pub(crate) service_depth: u8,
}

impl Context<'_> {
    fn address(&self, at: u32, bytes: usize) -> Result<u32, Halt> {
        let address = self.entry.segment.address(at, bytes);
        address.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
    }

    fn counter_number(&self, n: u8) -> Result<u16, Halt> {
        let entry = self.entry;
        if usize::from(n) < entry.descriptor.counters.len() {
            Ok(entry.first_counter + u16::from(n))
        } else {
            Halt::status(StatusWord::NO_DIAGNOSIS)
        }
    }

    /// The halt for a refusal of the engine.
    fn halt(&self, refusal: Refusal) -> Halt {
        match refusal {
            Refusal::CapacityExceeded => Halt::Status(StatusWord::NOT_ENOUGH_MEMORY),
            Refusal::PartFailed => Halt::Status(StatusWord::NO_DIAGNOSIS),
            Refusal::MemoryFailure => Halt::Status(StatusWord::MEMORY_FAILURE),
            Refusal::PowerLost => {
                Torn::witnessed(self).map_or(Halt::Status(StatusWord::NO_DIAGNOSIS), Halt::Torn)
            }
        }
    }

    fn store_as(&mut self, at: u32, bytes: &[u8], secrecy: Secrecy) -> Outcome {
        let address = self.address(at, bytes.len())?;
        if self.power_lost() {
            // Inside a transaction the journal would take it without a pulse, and so without
            // notice.
            return Err(self.halt(Refusal::PowerLost));
        }
        let core = &mut *self.core;
        core.journal
            .store(&mut core.memory, &core.layout, address, bytes, secrecy)
            .map_err(|refusal| self.halt(refusal))?;
        self.core.steps.stored(address, bytes, secrecy);
        if !self.core.journal.is_open() {
            self.core.steps.complete(self.core.memory.memory().pulses());
        }
        Ok(())
    }

    /// An applet's `OnDeselect` RAM exists where it is selected, or was when one below it was
    /// selected. Another provider that is asked a question has none.
    fn channel_ram(&self) -> Option<Block> {
        let channel = &self.core.channels[usize::from(self.channel)];
        if channel.applet == self.applet {
            Some(Block::Selected)
        } else {
            (channel.environment == Some(self.applet)).then_some(Block::Environment)
        }
    }
}

impl Core {
    /// Runs `work` in an applet's context. A transaction it leaves open is aborted. Whether power
    /// was lost is read off the memory: what the applet claims about that counts for nothing.
    pub(crate) fn call<R>(
        &mut self,
        registry: &Registry,
        applet: u8,
        channel: u8,
        work: impl FnOnce(&'static dyn Applet, &mut Env<'_>) -> Result<R, Halt>,
    ) -> Result<R, Halt> {
        let entry = registry.entry(applet);
        let mut context =
            Context { core: self, registry, applet, entry, channel, service_depth: 0 };
        let result = work(entry.applet, &mut Env::new(&mut context));
        let torn = Torn::witnessed(&context);
        if self.journal.is_open() {
            self.journal.abort();
            self.steps.forget_open();
        }
        match (torn, result) {
            (Some(torn), _) => Err(Halt::Torn(torn)),
            (None, Err(Halt::Torn(_))) => Halt::status(StatusWord::NO_DIAGNOSIS),
            (None, result) => result,
        }
    }

    /// Tells the applet of a channel that its selection is lost.
    pub(crate) fn tell_deselected(&mut self, registry: &Registry, channel: u8) -> Outcome {
        let applet = self.channels[usize::from(channel)].applet;
        self.call(registry, applet, channel, |applet, env| {
            applet.deselect(env);
            Ok(())
        })
    }
}

impl Platform for Context<'_> {
    fn segment_bytes(&self) -> u32 {
        self.entry.segment.bytes
    }

    fn in_place(&self, at: u32, bytes: usize) -> Option<&[u8]> {
        let address = self.entry.segment.address(at, bytes)?;
        self.core.journal.in_place(&self.core.memory, address, bytes)
    }

    #[inline]
    fn load(&self, at: u32, out: &mut [u8]) -> Outcome {
        let address = self.address(at, out.len())?;
        self.core.journal.read(&self.core.memory, address, out);
        Ok(())
    }

    fn store(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        self.store_as(at, bytes, Secrecy::Open)
    }

    fn store_secret(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        self.store_as(at, bytes, Secrecy::Secret)
    }

    fn store_nonatomic(&mut self, at: u32, bytes: &[u8]) -> Outcome {
        let address = self.address(at, bytes.len())?;
        if self.core.journal.is_open() {
            return Halt::status(StatusWord::NO_DIAGNOSIS);
        }
        if self.core.journal.has_failed() {
            return Err(self.halt(Refusal::MemoryFailure));
        }
        self.core.steps.began_raw(address, bytes);
        journal::write_nonatomic(&mut self.core.memory, address, bytes)
            .map_err(|error| self.halt(Refusal::from(error)))?;
        self.core.steps.complete(self.core.memory.memory().pulses());
        Ok(())
    }

    fn commit_bytes_left(&self) -> u32 {
        self.core.journal.bytes_left(&self.core.memory, &self.core.layout)
    }

    fn unit_bytes(&self) -> u32 {
        self.core.memory.geometry().unit_bytes
    }

    fn begin(&mut self) -> Outcome {
        match Torn::witnessed(self) {
            Some(torn) => Err(Halt::Torn(torn)),
            None => {
                self.core.journal.begin();
                Ok(())
            }
        }
    }

    fn commit(&mut self) -> Outcome {
        let core = &mut *self.core;
        let committed = core.journal.commit(&mut core.memory, &core.layout);
        match committed {
            Ok(()) => core.steps.complete(core.memory.memory().pulses()),
            Err(_) => core.steps.forget_open(),
        }
        committed.map_err(|refusal| self.halt(refusal))
    }

    fn abort(&mut self) {
        self.core.journal.abort();
        self.core.steps.forget_open();
    }

    fn doom(&mut self) {
        self.core.journal.doom();
    }

    fn in_transaction(&self) -> bool {
        self.core.journal.is_open()
    }

    fn counter(&self, n: u8) -> Result<u32, Halt> {
        let number = self.counter_number(n)?;
        Ok(Counters::new(&self.core.layout).get(&self.core.memory, number))
    }

    fn set_counter(&mut self, n: u8, value: u32) -> Outcome {
        let number = self.counter_number(n)?;
        if self.power_lost() {
            // The cells may be in doubt by now, and would be taken for worn ones.
            return Err(self.halt(Refusal::PowerLost));
        }
        let core = &mut *self.core;
        Counters::new(&core.layout)
            .set(&mut core.memory, &mut core.touched, number, value)
            .map_err(|error| self.halt(Refusal::from(error)))?;
        self.core.steps.counted(number, value, self.core.memory.memory().pulses());
        Ok(())
    }

    fn ram(&self, clear: Clear) -> &[u8] {
        let entry = self.entry;
        match clear {
            Clear::OnReset => &self.core.ram.on_reset[entry.on_reset.0..entry.on_reset.1],
            Clear::OnDeselect => {
                let bytes = usize::from(entry.descriptor.ram_on_deselect_bytes);
                let block = self.channel_ram();
                block.map_or(&[], |block| &self.core.ram.block(self.channel.into(), block)[..bytes])
            }
        }
    }

    fn ram_mut(&mut self, clear: Clear) -> &mut [u8] {
        let entry = self.entry;
        match clear {
            Clear::OnReset => &mut self.core.ram.on_reset[entry.on_reset.0..entry.on_reset.1],
            Clear::OnDeselect => {
                let bytes = usize::from(entry.descriptor.ram_on_deselect_bytes);
                match self.channel_ram() {
                    Some(block) => {
                        &mut self.core.ram.block_mut(self.channel.into(), block)[..bytes]
                    }
                    None => &mut [],
                }
            }
        }
    }

    fn challenge(&mut self, out: &mut [u8]) {
        if !self.power_lost() {
            self.core.random.fill(out);
        }
    }

    fn elapsed_us(&self) -> u64 {
        self.core.clock_us().saturating_sub(self.core.powered_at_us)
    }

    fn service(
        &mut self,
        provider: &Aid,
        request: &[u8],
        answer: &mut [u8],
    ) -> Result<usize, Halt> {
        if self.service_depth >= SERVICE_DEPTH_MAX {
            return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        let caller = self.entry.descriptor.aid;
        let named = |entry: &Entry| entry.descriptor.aid == *provider;
        let Some(place) = self.registry.entries.iter().position(named) else {
            return Halt::status(StatusWord::NOT_FOUND);
        };
        let entry = &self.registry.entries[place];
        let mut context = Context {
            core: self.core,
            registry: self.registry,
            applet: place as u8,
            entry,
            channel: self.channel,
            service_depth: self.service_depth + 1,
        };
        let mut reply = Reply::new(answer);
        let served = entry.applet.serve(&mut Env::new(&mut context), &caller, request, &mut reply);
        if served.is_err() && self.core.journal.is_open() {
            // What the provider has stored of its half must not outlive its refusal.
            self.core.journal.doom();
        }
        served?;
        Ok(reply.data().len())
    }

    fn power_lost(&self) -> bool {
        !self.core.memory.is_powered()
    }
}
