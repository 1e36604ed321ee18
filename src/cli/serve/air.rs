//! Cards in one field, and what happens to them beside the reader: orders, tears, images.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tessera::{
    field::{Field, Place},
    link::picc::Picc,
    reader::Linked,
};

use super::Served;

/// How often a reader looks whether cards have come or gone while the host says nothing.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// What lies between the slots and the field their cards are in.
pub(super) struct Bench {
    slots: Arc<Vec<Served>>,
    /// By slot.
    places: Vec<Place>,
    /// By slot: an order has taken the card out since the reader last looked.
    taken_out: Vec<Arc<AtomicBool>>,
}

impl Bench {
    /// All cards in a field that is off.
    pub(super) fn new(slots: Arc<Vec<Served>>) -> (Self, Field<Linked>) {
        let mut field = Field::new();
        let (mut places, mut taken_out) = (Vec::new(), Vec::new());
        for served in slots.iter() {
            let parameters = {
                let mut slot = served.lock();
                let interface = slot.card().profile().contactless();
                slot.set_interface(interface);
                slot.card().profile().picc()
            };
            // The seed decides random identifiers and slots: another one for each card.
            let seed = served.number as u64;
            let picc = Picc::new(parameters, Linked::new(served.slot.clone()), seed);
            places.push(field.enter(picc));
            let out = Arc::new(AtomicBool::new(false));
            taken_out.push(out.clone());
            served.on_hang_up(move || out.store(true, Ordering::Relaxed));
        }
        let mut bench = Self { slots, places, taken_out };
        bench.look(&mut field);
        (bench, field)
    }

    /// Does in the field what has happened to the cards.
    pub(super) fn look(&mut self, field: &mut Field<Linked>) {
        let now_fc = tessera::link::pcd::Air::now_fc(field);
        // There is one air: the first slot's disturbance is all of theirs, and all are taken.
        let disturbances: Vec<_> =
            self.slots.iter().filter_map(|served| served.new_noise()).collect();
        if let Some(noise) = disturbances.into_iter().next() {
            field.set_noise(noise);
        }
        let members = self.slots.iter().zip(&self.places).zip(&self.taken_out);
        for ((served, place), taken_out) in members {
            let was_out = taken_out.swap(false, Ordering::Relaxed);
            let is_present = served.lock().is_present();
            if field.is_in(*place) && (was_out || !is_present) {
                field.leave_at(*place, now_fc);
            }
            if is_present && !field.is_in(*place) {
                field.return_at(*place, now_fc);
            }
        }
    }

    /// Starts what puts cards back that have left for a tear or for their image.
    pub(super) fn mind(&self, stop: &Arc<AtomicBool>) -> Vec<JoinHandle<()>> {
        let minds = (0..self.slots.len()).map(|n| {
            let (slots, stop) = (self.slots.clone(), stop.clone());
            thread::spawn(move || {
                if let Some(served) = slots.get(n) {
                    served.mind(&stop);
                }
            })
        });
        minds.collect()
    }

    /// What each slot is told in one line.
    pub(super) fn lines(&self, reader: &str) -> Vec<String> {
        let line = |served: &Served| {
            let slot = served.lock();
            let of = slot.card().profile().picc().picc_type();
            format!(
                "slot {}: {}, Type {of:?}, is in the field {reader}",
                served.number, served.name
            )
        };
        self.slots.iter().map(line).collect()
    }
}
