//! Profiles: the built-in ones, and what is said of each mistake.

use super::*;
