//! The bytes of a body while it arrives. Long ones lie in maps of their own: what is freed goes back to the
//! system at once, where an allocator would keep it for later.

use std::io;

use memmap2::MmapMut;

/// Bytes up to which a body lies on the heap.
const SHORT: usize = 64 << 10;

/// A body that arrives.
#[derive(Debug)]
pub(crate) enum Buffer {
    Short(Vec<u8>),
    Long { map: MmapMut, len: usize },
}

impl Buffer {
    pub(crate) fn new() -> Self {
        Self::Short(Vec::new())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(bytes) => bytes,
            Self::Long { map, len } => &map[..*len],
        }
    }

    /// # Errors
    /// The system's, where it has no memory left.
    pub(crate) fn extend(&mut self, part: &[u8]) -> io::Result<()> {
        let start = self.bytes().len();
        let end = start + part.len();
        let room = match self {
            Self::Short(bytes) if end <= SHORT => {
                bytes.extend_from_slice(part);
                return Ok(());
            }
            Self::Short(_) => 0,
            Self::Long { map, .. } => map.len(),
        };
        if end > room {
            // Pages that nothing was written to are no memory.
            let mut map = MmapMut::map_anon(end.saturating_mul(2))?;
            map[..start].copy_from_slice(self.bytes());
            *self = Self::Long { map, len: start };
        }
        if let Self::Long { map, len } = self {
            map[start..end].copy_from_slice(part);
            *len = end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, SHORT};

    #[test]
    fn parts_of_any_size_are_one_body() {
        let mut buffer = Buffer::new();
        let mut expected = Vec::new();
        for (place, size) in [0, 1, SHORT - 1, 1, 7, 3 * SHORT, SHORT, 0, 9 * SHORT].into_iter().enumerate() {
            let part = vec![u8::try_from(place).unwrap(); size];
            expected.extend_from_slice(&part);
            buffer.extend(&part).unwrap();
            assert_eq!(buffer.bytes(), expected);
        }
    }
}
