//! Tests of what lies on the blank card at first.

extern crate std;
