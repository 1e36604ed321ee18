//! Tests of the commands on a small tree.
