//! The reader at a card of ours, and at cards that a test plays.

mod scripted;
mod t0;
mod t1_noise;
