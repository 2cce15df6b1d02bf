//! Reading a log that may be damaged: frame by frame, and on from the next one that is whole.
//!
//! Reading goes through a window of the file, so a scan takes the same memory whatever the size.

use super::Medium;
use super::frame::{FRAME_MAGIC, HEADER, Header, Kind, START};
use super::log::read_marks;
use crate::snapshot::stable_hash;
use crate::{Error, ErrorKind, Result};

/// Bytes read at once while following headers, and while looking for the next one.
const WINDOW: usize = 1 << 14;
const STRIDE: usize = 1 << 20;

/// A reader of frames with a window of the medium.
#[derive(Debug)]
pub(super) struct Scan<'m, M> {
    medium: &'m M,
    length: u64,
    window: Vec<u8>,
    from: u64,
}

impl<'m, M: Medium> Scan<'m, M> {
    pub(super) fn new(medium: &'m M, length: u64) -> Self {
        Scan { medium, length, window: Vec::new(), from: 0 }
    }

    /// Up to `most` bytes from a place on, fewer at the end.
    fn bytes(&mut self, at: u64, most: usize, stride: usize) -> Result<&[u8]> {
        let here = |from: u64, window: &[u8]| {
            let skip = usize::try_from(at.checked_sub(from)?).ok()?;
            (skip <= window.len()).then_some(skip)
        };
        let wanted = self.length.saturating_sub(at).min(most as u64) as usize;
        let held = here(self.from, &self.window).filter(|skip| self.window.len() - skip >= wanted);
        let skip = match held {
            Some(skip) => skip,
            None => {
                let size = self.length.saturating_sub(at).min(stride.max(most) as u64) as usize;
                self.window.resize(size, 0);
                self.medium.read_at(at, &mut self.window)?;
                self.from = at;
                0
            }
        };
        Ok(&self.window[skip..skip + wanted])
    }

    /// The header at a place, where it is whole and its content lies within the file.
    pub(super) fn frame(&mut self, at: u64) -> Result<Option<(Header, u64)>> {
        let length = self.length;
        let found = Header::from_bytes(self.bytes(at, HEADER as usize, WINDOW)?);
        Ok(found.filter(|(header, _)| {
            let end = at.checked_add(HEADER).and_then(|from| from.checked_add(header.length));
            end.is_some_and(|end| end <= length)
        }))
    }

    /// Whether the content of the frame at a place is what its header says.
    pub(super) fn content_is_whole(&self, at: u64, header: &Header) -> Result<bool> {
        let mut content = vec![0; header.length as usize];
        self.medium.read_at(at + HEADER, &mut content)?;
        Ok(stable_hash(&content) == header.content)
    }

    /// The header at a place, where it and its content are whole; small ones are read many at once.
    pub(super) fn whole_frame(&mut self, at: u64) -> Result<Option<Header>> {
        let length = self.length;
        let Some((header, _)) = Header::from_bytes(self.bytes(at, HEADER as usize, STRIDE)?) else {
            return Ok(None);
        };
        let end = at.checked_add(HEADER).and_then(|from| from.checked_add(header.length));
        if end.is_none_or(|end| end > length) {
            return Ok(None);
        }
        let content = self.bytes(at + HEADER, header.length as usize, STRIDE)?;
        Ok((stable_hash(content) == header.content).then_some(header))
    }

    /// The next place from `at` on with a header that is whole, even if its content is cut off.
    pub(super) fn next_header(&mut self, at: u64) -> Result<Option<(u64, Header)>> {
        let mut at = at;
        while at + HEADER <= self.length {
            let bytes = self.bytes(at, STRIDE, STRIDE)?;
            let places = bytes.windows(FRAME_MAGIC.len()).enumerate();
            let magic = places.filter(|(_, four)| *four == FRAME_MAGIC).map(|(place, _)| place);
            let mut next = None;
            for place in magic {
                if place + HEADER as usize > bytes.len() {
                    next = Some(at + place as u64);
                    break;
                }
                if let Some((header, _)) = Header::from_bytes(&bytes[place..]) {
                    return Ok(Some((at + place as u64, header)));
                }
            }
            let step = bytes.len() as u64 - (FRAME_MAGIC.len() as u64 - 1);
            at = match next {
                // At the very end of the file it is none.
                Some(next) if next > at => next,
                _ => at + step,
            };
        }
        Ok(None)
    }

    /// Whether a frame behind a place says that the place was on the disk when it was written.
    pub(super) fn was_synced_behind(&mut self, at: u64) -> Result<bool> {
        let mut from = at + 1;
        while let Some((place, header)) = self.next_header(from)? {
            if header.synced > at {
                return Ok(true);
            }
            from = place + HEADER;
        }
        Ok(false)
    }
}

/// A part of a file that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) from: u64,
    pub(super) to: u64,
    /// Its header is whole and says that it is a checkpoint: the log goes on behind it.
    pub(super) is_checkpoint: bool,
}

/// What is whole in a file and what is not.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Headers that are whole with content that is whole, and where.
    pub(super) frames: Vec<(u64, Header)>,
    pub(super) holes: Vec<Hole>,
    /// Bytes behind the last whole frame that were never known to be on the disk.
    pub(super) torn_bytes: u64,
    /// Which of the two marks are damaged.
    pub(super) marks: [bool; 2],
}

/// Reads a whole file and says what is whole in it.
pub(super) fn survey<M: Medium>(medium: &M) -> Result<Survey> {
    let length = medium.length()?;
    // Without any mark the frames speak for themselves.
    let (marks, end) = match read_marks(medium) {
        Ok(marks) => (marks.damaged, marks.mark.end),
        Err(error) if error.kind() == ErrorKind::Corrupt => ([true; 2], 0),
        Err(error) => return Err(error),
    };
    let mut survey = Survey { marks, ..Survey::default() };
    let mut scan = Scan::new(medium, length);
    let (mut at, mut last) = (START, 0);
    // The end up to where something is known to have been on the disk.
    let mut synced = end;
    while at < length {
        let next = scan.frame(at)?;
        let whole = match &next {
            // A frame that does not follow the last one whole means that something is gone.
            Some((header, _)) => scan.content_is_whole(at, header)?,
            None => false,
        };
        match next {
            Some((header, checksum)) if whole => {
                let follows = header.previous == last
                    || survey.holes.last().is_some_and(|hole| hole.to == at);
                if !follows {
                    survey.holes.push(Hole { from: at, to: at, is_checkpoint: false });
                }
                synced = synced.max(header.synced);
                survey.frames.push((at, header));
                (at, last) = (at + HEADER + header.length, checksum);
            }
            // A header that is whole says where the next one is.
            Some((header, checksum)) => {
                synced = synced.max(header.synced);
                let to = at + HEADER + header.length;
                let is_checkpoint = header.kind == Kind::Checkpoint && header.previous == last;
                survey.holes.push(Hole { from: at, to, is_checkpoint });
                (at, last) = (to, checksum);
            }
            None => {
                let to = scan.next_header(at + 1)?.map_or(length, |(place, _)| place);
                survey.holes.push(Hole { from: at, to, is_checkpoint: false });
                at = to;
            }
        }
    }
    if length < end {
        survey.holes.push(Hole { from: length.max(START), to: end, is_checkpoint: false });
    }
    if survey.frames.is_empty() && survey.marks == [true; 2] {
        return Err(Error::corrupt("database", "there is no mark and no frame in it"));
    }
    // Holes behind what was known to be on the disk are a torn tail.
    let torn = survey.holes.iter().map(|hole| hole.from).filter(|from| *from >= synced).min();
    if let Some(torn) = torn {
        survey.holes.retain(|hole| hole.from < torn);
        survey.frames.retain(|(at, _)| *at < torn);
        survey.torn_bytes = length.saturating_sub(torn);
    }
    Ok(survey)
}

/// The error of a file in which a frame does not fit.
pub(super) fn damaged<M: Medium>(medium: &M, at: u64) -> Error {
    let rest = match survey(medium) {
        Ok(survey) => {
            let lost: u64 = survey.holes.iter().map(|hole| hole.to - hole.from).sum();
            format!(
                "; {} blocks can be read, {lost} bytes cannot: see salvage",
                survey.frames.len()
            )
        }
        Err(error) => format!("; {error}"),
    };
    Error::corrupt("database", format!("the frame at byte {at} does not fit{rest}"))
}
