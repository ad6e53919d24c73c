//! Options of the Hugging Face hub; without them, the environment variables that its other tools read.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Options of the Hugging Face hub. A `None` is taken from the environment variable that is named; a value
/// that it cannot have is `invalid-input`. Builds without the feature `hub` reach none.
#[derive(Clone, Default)]
pub struct HubOptions {
    /// The hub's address: `HF_ENDPOINT`, else `https://huggingface.co`.
    pub endpoint: Option<String>,
    /// The cache: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in `huggingface` in the user's cache
    /// directory.
    pub cache_dir: Option<PathBuf>,
    /// The access token, empty for none: `HF_TOKEN`, else the file `token` in `HF_HOME`.
    pub token: Option<String>,
    /// True: only the cache is read. Default: `HF_HUB_OFFLINE` (1, true, yes or on; 0, false, no or off).
    pub offline: Option<bool>,
    /// The longest silence of a server: `HF_HUB_DOWNLOAD_TIMEOUT` in seconds, a number above 0, else 30
    /// seconds.
    pub timeout: Option<Duration>,
}

impl fmt::Debug for HubOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubOptions")
            .field("endpoint", &self.endpoint)
            .field("cache_dir", &self.cache_dir)
            .field("token", &self.token.as_ref().map(|_| "hidden"))
            .field("offline", &self.offline)
            .field("timeout", &self.timeout)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_token() {
        let options = HubOptions { token: Some("hf_secret".into()), ..HubOptions::default() };
        assert!(!format!("{options:?}").contains("hf_secret"));
    }
}
