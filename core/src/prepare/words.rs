//! The words by which the parts of a message are recognized, as [`super::lines::fold`] writes them.

/// Between dashes, above an answered message.
pub(super) const ORIGINAL: &[&str] = &[
    "original message",
    "original appointment",
    "reply message",
    "ursprüngliche nachricht",
    "originalnachricht",
    "original-nachricht",
    "message d'origine",
    "message original",
    "messaggio originale",
    "mensaje original",
    "mensagem original",
    "oorspronkelijk bericht",
    "oorspronkelijke bericht",
    "origineel bericht",
    "ursprungligt meddelande",
    "oprindelig meddelelse",
    "opprinnelig melding",
    "oryginalna wiadomość",
    "wiadomość oryginalna",
    "исходное сообщение",
];

/// Between dashes, above a forwarded message.
pub(super) const FORWARDED: &[&str] = &[
    "forwarded message",
    "forward message",
    "forwarded email",
    "weitergeleitete nachricht",
    "message transféré",
    "message transmis",
    "mensaje reenviado",
    "messaggio inoltrato",
    "doorgestuurd bericht",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "vidarebefordrat meddelande",
    "videresendt meddelelse",
    "videresendt melding",
    "przekazana wiadomość",
    "пересылаемое сообщение",
];

/// A line of its own above a forwarded message, without its colon.
pub(super) const FORWARD_BEGINS: &[&str] = &[
    "begin forwarded message",
    "anfang der weitergeleiteten nachricht",
    "début du message transféré",
    "début du message réexpédié",
    "inicio del mensaje reenviado",
    "inizio messaggio inoltrato",
    "begin doorgestuurd bericht",
    "início da mensagem encaminhada",
    "início da mensagem reencaminhada",
];

/// Lines that a help desk writes above the message that is answered.
pub(super) const REPLY_ABOVE: &[&str] = &[
    "reply above this line",
    "oberhalb dieser zeile",
    "über dieser zeile",
    "au-dessus de cette ligne",
    "por encima de esta línea",
    "sopra questa riga",
    "boven deze regel",
];

/// The verbs of attributions.
pub(super) const WROTE: &[&str] = &[
    "wrote",
    "schrieb",
    "a écrit",
    "escribió",
    "ha scritto",
    "schreef",
    "escreveu",
    "napisał",
    "skrev",
    "пишет",
    "написал",
    "写道",
];

/// The first words of attributions.
pub(super) const ATTRIBUTION_STARTS: &[&str] =
    &["on", "am", "le", "el", "il", "op", "em", "a", "den", "på", "dnia", "w"];

/// First words of a greeting.
pub(super) const GREETINGS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "dear",
    "hallo",
    "guten",
    "liebe",
    "lieber",
    "liebes",
    "moin",
    "bonjour",
    "bonsoir",
    "hola",
    "ciao",
    "buongiorno",
    "olá",
    "beste",
    "goedemorgen",
    "hej",
];

/// Notes that are written above a message that is passed on.
pub(super) const NOTES: &[&str] = &[
    "fyi",
    "fya",
    "for your information",
    "for info",
    "see below",
    "please see below",
    "pls see below",
    "see the message below",
    "see email below",
    "please see the email below",
    "as below",
    "as discussed",
    "please advise",
    "please handle",
    "can you help",
    "thoughts",
    "zur info",
    "zur information",
    "zur kenntnis",
    "z.k",
    "zk",
    "siehe unten",
    "s. unten",
    "s.u",
    "bitte siehe unten",
    "pour info",
    "pour information",
    "voir ci-dessous",
    "cf. ci-dessous",
    "para su información",
    "para tu información",
    "ver abajo",
    "per conoscenza",
    "vedi sotto",
    "ter info",
    "ter informatie",
    "zie onder",
    "zie hieronder",
    "para sua informação",
    "para conhecimento",
    "veja abaixo",
    "för kännedom",
    "do wiadomości",
];
