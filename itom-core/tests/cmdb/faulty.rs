//! A medium that fails: at the operation it is told to, and with what was not synced lost, torn or
//! in another order.

use std::sync::{Arc, Mutex};

use itom_core::cmdb::Medium;
use itom_core::{Error, ErrorKind, Result};

#[derive(Clone, Debug)]
enum Write {
    Bytes(u64, Vec<u8>),
    Length(u64),
}

#[derive(Clone, Debug, Default)]
struct File {
    /// What a reader of this process sees.
    now: Vec<u8>,
    /// What is on the disk for certain, and what may be.
    disk: Vec<u8>,
    unsynced: Vec<Write>,
}

fn put(bytes: &mut Vec<u8>, write: &Write) {
    match write {
        Write::Bytes(at, new) => {
            let (from, to) = (*at as usize, *at as usize + new.len());
            if bytes.len() < to {
                bytes.resize(to, 0);
            }
            bytes[from..to].copy_from_slice(new);
        }
        Write::Length(length) => bytes.resize(*length as usize, 0),
    }
}

/// What happens at the n-th operation that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The power fails: nothing works from there on.
    Crash,
    /// It is refused, half done; afterwards all works again.
    Refuse,
}

#[derive(Debug, Default)]
struct Disk {
    files: Vec<File>,
    /// The file that has the name.
    named: usize,
    operations: u64,
    fault: Option<(u64, Fault)>,
    crashed: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Faulty {
    disk: Arc<Mutex<Disk>>,
    file: usize,
}

/// A generator of numbers that look random (xorshift).
pub(crate) fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

impl Faulty {
    pub(crate) fn new(fault: Option<(u64, Fault)>) -> Self {
        let disk = Disk { files: vec![File::default()], fault, ..Disk::default() };
        Faulty { disk: Arc::new(Mutex::new(disk)), file: 0 }
    }

    pub(crate) fn operations(&self) -> u64 {
        self.disk.lock().unwrap().operations
    }

    /// What may be on the disk after the power failed. Seed 0: nothing that was not synced, 1: all.
    pub(crate) fn after_power_loss(&self, seed: u64) -> Vec<u8> {
        let disk = self.disk.lock().unwrap();
        let file = &disk.files[disk.named];
        let mut bytes = file.disk.clone();
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for write in &file.unsynced {
            let dice = next(&mut state) >> 20;
            let torn = match write {
                Write::Bytes(at, new) => {
                    Write::Bytes(*at, new[..dice as usize / 4 % (new.len() + 1)].to_vec())
                }
                other => other.clone(),
            };
            match (seed, dice % 4) {
                (0, _) | (2.., 0) => {}
                (2.., 1) => put(&mut bytes, &torn),
                _ => put(&mut bytes, write),
            }
        }
        bytes
    }

    fn change(&mut self, write: Option<Write>) -> Result<()> {
        let disk = &mut *self.disk.lock().unwrap();
        if disk.crashed {
            return Err(Error::new(ErrorKind::Io, "there is no power"));
        }
        disk.operations += 1;
        let fault = disk.fault.filter(|(at, _)| *at == disk.operations).map(|(_, fault)| fault);
        let file = &mut disk.files[self.file];
        let done = match (&write, fault) {
            (Some(Write::Bytes(at, bytes)), Some(Fault::Refuse)) => {
                Some(Write::Bytes(*at, bytes[..bytes.len() / 2].to_vec()))
            }
            (Some(_), Some(Fault::Refuse)) => None,
            (write, _) => write.clone(),
        };
        if let Some(write) = done {
            put(&mut file.now, &write);
            file.unsynced.push(write);
        }
        if write.is_none() && fault.is_none() {
            (file.disk, file.unsynced) = (file.now.clone(), Vec::new());
        }
        disk.crashed = fault == Some(Fault::Crash);
        fault.map_or(Ok(()), |fault| Err(Error::new(ErrorKind::Io, format!("{fault:?}"))))
    }
}

impl Medium for Faulty {
    fn length(&self) -> Result<u64> {
        Ok(self.disk.lock().unwrap().files[self.file].now.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let disk = self.disk.lock().unwrap();
        let bytes = &disk.files[self.file].now[offset as usize..];
        let bytes = bytes.get(..buffer.len());
        buffer.copy_from_slice(bytes.ok_or_else(|| Error::new(ErrorKind::Io, "behind the end"))?);
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.change(Some(Write::Bytes(offset, bytes.to_vec())))
    }

    fn truncate(&mut self, length: u64) -> Result<()> {
        self.change(Some(Write::Length(length)))
    }

    fn sync(&mut self) -> Result<()> {
        self.change(None)
    }

    fn beside(&self) -> Result<Self> {
        let mut disk = self.disk.lock().unwrap();
        disk.files.push(File::default());
        let file = disk.files.len() - 1;
        drop(disk);
        Ok(Faulty { disk: Arc::clone(&self.disk), file })
    }

    /// As a file does it: the content first, then the name.
    fn replace(&mut self, mut by: Self) -> Result<()> {
        by.sync()?;
        self.change(Some(Write::Bytes(0, Vec::new())))?;
        self.disk.lock().unwrap().named = by.file;
        self.file = by.file;
        Ok(())
    }
}
