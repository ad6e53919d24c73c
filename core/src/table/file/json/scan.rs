//! The bounds of the parts of a JSON text, without parsing the others.
//!
//! Programs write `NaN`, and escapes that JSON does not have, into fields that a reader of tickets never
//! opens; so only wanted values are parsed, and the rest is skipped by its quotes and brackets.

/// Finds the end of one value as its bytes come.
#[derive(Debug, Default)]
pub(super) struct Nest {
    depth: usize,
    quoted: bool,
    escaped: bool,
    begun: bool,
}

impl Nest {
    /// Takes bytes of the value; returns how many of them belong to it, once its end is found. A value that
    /// is neither in quotes nor in brackets ends before what separates it from the next one.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.quoted {
                if self.escaped {
                    self.escaped = false;
                } else {
                    at += memchr::memchr2(b'"', b'\\', &bytes[at..])?;
                    if bytes[at] == b'\\' {
                        self.escaped = true;
                    } else {
                        self.quoted = false;
                        if self.depth == 0 {
                            return Some(at + 1);
                        }
                    }
                }
            } else {
                match byte {
                    b'"' if self.depth > 0 || !self.begun => self.quoted = true,
                    b'{' | b'[' if self.depth > 0 || !self.begun => self.depth += 1,
                    b'}' | b']' if self.depth > 0 => {
                        self.depth -= 1;
                        if self.depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' if self.depth == 0 => return Some(at),
                    _ => {}
                }
                self.begun = true;
            }
            at += 1;
        }
        None
    }
}

/// The fault in the form of an object, and the byte at which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

/// A name and its value, as they are written.
pub(super) type Member<'a> = (&'a [u8], &'a [u8]);

/// The members of one object.
pub(super) struct Members<'a> {
    text: &'a [u8],
    at: usize,
    state: State,
}

enum State {
    Begin,
    More,
    Done,
}

impl<'a> Members<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0, state: State::Begin }
    }

    fn space(&mut self) -> Option<u8> {
        let space =
            self.text[self.at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at += space.count();
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8, what: &'static str) -> Result<(), Malformed> {
        if self.space() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.malformed(what))
    }

    fn malformed(&self, what: &'static str) -> Malformed {
        let ends = self.at >= self.text.len();
        Malformed { at: self.at, what: if ends { "the object does not end" } else { what } }
    }

    fn value(&mut self) -> Result<&'a [u8], Malformed> {
        self.space();
        let (mut nest, rest) = (Nest::default(), &self.text[self.at..]);
        let end = match nest.feed(rest) {
            Some(0) => return Err(self.malformed("a value is expected here")),
            Some(end) => end,
            None => {
                self.at = self.text.len();
                return Err(self.malformed("the object does not end"));
            }
        };
        self.at += end;
        Ok(&rest[..end])
    }

    fn member(&mut self) -> Result<Option<Member<'a>>, Malformed> {
        if matches!(self.state, State::Begin) {
            self.take(b'{', "not a JSON object")?;
            if self.space() == Some(b'}') {
                return self.end();
            }
        } else {
            match self.space() {
                Some(b',') => self.at += 1,
                Some(b'}') => return self.end(),
                _ => return Err(self.malformed("`,` or `}` is expected here")),
            }
        }
        self.state = State::More;
        if self.space() != Some(b'"') {
            return Err(self.malformed("a name in quotes is expected here"));
        }
        let name = self.value()?;
        self.take(b':', "`:` is expected here")?;
        Ok(Some((name, self.value()?)))
    }

    fn end(&mut self) -> Result<Option<Member<'a>>, Malformed> {
        self.at += 1;
        match self.space() {
            None => Ok(None),
            Some(_) => Err(self.malformed("something stands behind the object")),
        }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<Member<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.state, State::Done) {
            return None;
        }
        let member = self.member();
        if !matches!(member, Ok(Some(_))) {
            self.state = State::Done;
        }
        member.transpose()
    }
}
