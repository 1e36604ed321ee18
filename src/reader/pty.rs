//! A pseudo-terminal: a serial line whose other end a driver opens under a name of the user's.
//!
//! Invariants:
//! * the host may close its end and open it again; this end does not notice;
//! * what the host does not read is lost after [`PATIENCE`], as on a line without handshake, and
//!   never holds this end up;
//! * the name is a symbolic link, and it goes when this goes.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    pty::openpty,
    sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr},
    unistd::ttyname,
};

/// How long this end waits for a host that does not read what it was sent.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// Why there is no pseudo-terminal.
#[derive(Debug, thiserror::Error)]
pub enum PtyError {
    /// The operating system gives none.
    #[error("no pseudo-terminal: {0}")]
    None(#[from] Errno),
    /// The link cannot be made.
    #[error("{link}: {error}")]
    Link {
        /// Its path.
        link: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The name leads to a pseudo-terminal that there is: another program's, unless the link was
    /// left behind and its number has been given out again.
    #[error(
        "{0} leads to a pseudo-terminal in use: end the other program, or remove the link if it was \
         left behind"
    )]
    InUse(PathBuf),
    /// Something is there that is not a link of such a kind.
    #[error("{0}: something else is there")]
    Occupied(PathBuf),
}

/// This program's end of a pseudo-terminal.
#[derive(Debug)]
pub struct Pty {
    master: File,
    /// The host's end, held open so that the line is never without one.
    _slave: OwnedFd,
    device: PathBuf,
    link: PathBuf,
}

impl Pty {
    /// Opens a pseudo-terminal, raw, and makes `link` a symbolic link to it. A link that an ended
    /// program has left there is replaced.
    ///
    /// # Errors
    /// [`PtyError`].
    pub fn open(link: &Path) -> Result<Self, PtyError> {
        let ends = openpty(None, None)?;
        let mut settings = tcgetattr(&ends.slave)?;
        cfmakeraw(&mut settings);
        tcsetattr(&ends.slave, SetArg::TCSANOW, &settings)?;
        fcntl(&ends.master, FcntlArg::F_SETFL(OFlag::O_RDWR | OFlag::O_NONBLOCK))?;
        let device = ttyname(&ends.slave)?;
        make_link(&device, link)?;
        Ok(Self { master: ends.master.into(), _slave: ends.slave, device, link: link.into() })
    }

    /// The device the host opens.
    #[must_use]
    pub fn device(&self) -> &Path {
        &self.device
    }

    /// The name that stays the same.
    #[must_use]
    pub fn link(&self) -> &Path {
        &self.link
    }

    /// Waits for bytes from the host; how many have come, 0 when `patience` is over.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn read(&mut self, bytes: &mut [u8], patience: Duration) -> io::Result<usize> {
        if !self.is_ready(PollFlags::POLLIN, patience)? {
            return Ok(0);
        }
        match self.master.read(bytes) {
            Err(error) if is_momentary(&error) => Ok(0),
            read => read,
        }
    }

    /// Sends bytes to the host. Those it leaves unread too long are dropped.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.master.write(bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if is_momentary(&error) => {
                    if !self.is_ready(PollFlags::POLLOUT, PATIENCE)? {
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn is_ready(&self, event: PollFlags, patience: Duration) -> io::Result<bool> {
        let timeout = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(self.master.as_fd(), event)], timeout) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if std::fs::read_link(&self.link).is_ok_and(|target| target == self.device) {
            let _ = std::fs::remove_file(&self.link);
        }
    }
}

fn is_momentary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

fn make_link(device: &Path, link: &Path) -> Result<(), PtyError> {
    let refused = |error| PtyError::Link { link: link.into(), error };
    if let Ok(found) = std::fs::symlink_metadata(link) {
        // Only another pseudo-terminal's name may be taken over, never a file of the user's.
        let target = std::fs::read_link(link).unwrap_or_default();
        if !found.is_symlink() || target.parent() != device.parent() {
            return Err(PtyError::Occupied(link.into()));
        }
        if target.exists() {
            return Err(PtyError::InUse(link.into()));
        }
        std::fs::remove_file(link).map_err(refused)?;
    }
    std::os::unix::fs::symlink(device, link).map_err(refused)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;

    const SOON: Duration = Duration::from_millis(500);

    fn link(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("tessera-pty-{}-{name}", std::process::id()))
    }

    fn host(link: &Path) -> File {
        OpenOptions::new().read(true).write(true).open(link).unwrap()
    }

    #[test]
    fn bytes_pass_both_ways_unchanged_and_the_host_may_come_again() {
        let link = link("both-ways");
        let mut pty = Pty::open(&link).unwrap();
        let all: Vec<u8> = (0..=255).collect();
        for _ in 0..3 {
            let mut host = host(&link);
            host.write_all(&all).unwrap();
            let mut got = [0; 300];
            let read = pty.read(&mut got, SOON).unwrap();
            assert_eq!(&got[..read], all);
            pty.write(&all).unwrap();
            let mut got = [0; 256];
            host.read_exact(&mut got).unwrap();
            assert_eq!(got[..], all);
            drop(host);
            assert_eq!(pty.read(&mut got, Duration::ZERO).unwrap(), 0);
        }
        assert_eq!(std::fs::read_link(&link).unwrap(), pty.device());
        drop(pty);
        assert!(!link.exists());
    }

    #[test]
    fn a_host_that_does_not_read_holds_nobody_up() {
        let mut pty = Pty::open(&link("unread")).unwrap();
        let _host = host(pty.link());
        pty.write(&[0x55; 100_000]).unwrap();
        assert_eq!(pty.read(&mut [0; 8], Duration::ZERO).unwrap(), 0);
    }

    #[test]
    fn a_link_left_behind_is_replaced_and_anything_else_is_not() {
        let link = link("left");
        let pty = Pty::open(&link).unwrap();
        assert!(matches!(Pty::open(&link), Err(PtyError::InUse(_))));
        assert_eq!(std::fs::read_link(&link).unwrap(), pty.device());
        let gone = pty.device().with_file_name("999999");
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(gone, &link).unwrap();
        drop(pty);
        let pty = Pty::open(&link).unwrap();
        assert_eq!(std::fs::read_link(&link).unwrap(), pty.device());
        drop(pty);
        std::fs::write(&link, "mine").unwrap();
        assert!(matches!(Pty::open(&link), Err(PtyError::Occupied(_))));
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
        assert!(matches!(Pty::open(&link), Err(PtyError::Occupied(_))));
        std::fs::remove_file(&link).unwrap();
        assert!(matches!(Pty::open(&link.join("no/such")), Err(PtyError::Link { .. })));
    }
}
