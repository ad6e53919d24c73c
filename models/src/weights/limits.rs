//! Limits on what is opened.

/// Limits on a model's weights, checked before anything of its claimed size is allocated. Where the weights are
/// several files, each limit is on all of them together.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the files.
    pub file_bytes: u64,
    /// Bytes of the JSON headers; also of an index.
    pub header_bytes: u64,
    /// Tensors in the files.
    pub tensors: usize,
    /// Files that an index names.
    pub shards: usize,
}

impl Default for Limits {
    /// 8 GiB, 16 MiB of headers, 10,000 tensors, 128 shards: far above any text classifier, far below what
    /// hurts a machine. Each shard is an open file.
    fn default() -> Self {
        Self { file_bytes: 8 << 30, header_bytes: 16 << 20, tensors: 10_000, shards: 128 }
    }
}
