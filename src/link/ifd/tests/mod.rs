//! The reader at a card of ours, and at cards that a test plays.

mod beginning;
mod blocks;
mod script;
mod t0;
mod t1_noise;
mod tpdus;
