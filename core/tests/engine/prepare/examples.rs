//! Messages, the customer's own words in them, and the parts that were removed.

use std::borrow::Cow;

use frontdesk::prepare::Removed::{Disclaimer, Forwards, Html, Quotes, Signature};
use frontdesk::prepare::{Preparation, Removed, prepare};

type Example = (&'static str, &'static str, &'static [Removed]);

fn check(examples: &[Example]) {
    let mut wrong = Vec::new();
    for (message, text, removed) in examples {
        let found = prepare(message, &Preparation::ALL);
        if found.text != *text || found.removed != *removed {
            wrong.push(format!(
                "{message:?}\n  gives {:?} {:?}\n  not   {text:?} {removed:?}\n",
                found.text, found.removed
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn html_becomes_text() {
    check(&[
        ("<p>The lid is broken.</p><p>Send a new one.</p>", "The lid is broken.\n\nSend a new one.", &[Html]),
        ("<div>One<br>two &amp; three</div><div>four&nbsp;&euro;</div>", "One\ntwo & three\nfour €", &[Html]),
        (
            "<!DOCTYPE html><html><head><title>Mail</title><style>p { color: red }</style></head><body><script>if (a < b) { x() }</script>\
             <!-- note --->Wo ist mein Paket?</body></html>",
            "Wo ist mein Paket?",
            &[Html],
        ),
        ("<ul><li>no power</li><li>no light</li></ul>", "no power\nno light", &[Html]),
        (
            "<table><tr><td>Menge</td><td>5</td></tr><tr><td>Farbe</td><td>rot</td></tr></table>",
            "Menge 5\nFarbe rot",
            &[Html],
        ),
        (
            "Hello <b>team</b>, the <i>lid</i> and the <a href='x'>handle</a> broke",
            "Hello team, the lid and the handle broke",
            &[Html],
        ),
        ("Hello,<br><br>my tap drips.<br>Come soon.", "Hello,\n\nmy tap drips.\nCome soon.", &[Html]),
        ("<p>It holds if a < b & c > d.</p>", "It holds if a < b & c > d.", &[Html]),
        (
            "<p class=MsoNormal>Bonjour,<o:p></o:p></p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>l&#39;&eacute;cran est noir.</p>",
            "Bonjour,\n\nl'écran est noir.",
            &[Html],
        ),
        (
            "<div dir=\"ltr\">It is still dead.</div><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">On Tue, 3 Mar 2026 at 10:02, Desk \
             &lt;<a href=\"mailto:d@x.example\">d@x.example</a>&gt; wrote:<br></div><blockquote class=\"gmail_quote\">Is it plugged in?<br>Yes or no?</blockquote></div>",
            "It is still dead.",
            &[Html, Quotes],
        ),
        (
            "<html><body><p>Please cancel it.</p><hr><div id=\"divRplyFwdMsg\"><b>From:</b> Desk &lt;d@x.example&gt;<br><b>Sent:</b> Monday<br>\
             <b>To:</b> Ada<br><b>Subject:</b> Your contract</div><div>It runs on.</div></body></html>",
            "Please cancel it.",
            &[Html, Quotes],
        ),
        (
            "<div>See this:</div><blockquote style=\"margin:0 0 0 40px;border:none\">error 7 on start</blockquote>",
            "See this:\n\nerror 7 on start",
            &[Html],
        ),
        ("<div>Why is &lt;b&gt; shown in my mail?</div>", "Why is <b> shown in my mail?", &[Html]),
        ("<pre>line one\nline two</pre>", "line one\nline two", &[Html]),
    ]);
}

#[test]
fn answered_messages_go() {
    check(&[
        (
            "Answers below.\n\nOn 3 Mar 2026, Desk <d@x.example> wrote:\n> Which size?\n\nMedium\n\n> > And then?\n> Colour?\nBlue",
            "Answers below.\n\nMedium\n\nBlue",
            &[Quotes],
        ),
        ("You wrote:\n> It ships on Monday.\nIt did not.", "You wrote:\nIt did not.", &[Quotes]),
        (
            "It works.\n\nOn Tue, 3 Mar 2026, Desk <d@x.example> wrote:\n> Try again.\n> Now?\n",
            "It works.",
            &[Quotes],
        ),
        (
            "Not yet.\r\n\r\nOn Tue, 3 Mar 2026 at 10:02, The Long Name of a Desk\r\n<desk@shop.example>\r\nwrote:\r\n\r\n> Did it come?\r\n",
            "Not yet.",
            &[Quotes],
        ),
        ("Nein.\n\nAm 3. März 2026 um 10:02 schrieb Technik <t@x.example>:\n> Geht es?", "Nein.", &[Quotes]),
        (
            "Non.\n\nLe mar. 3 mars 2026 à 10:02, Aide <a@x.example> a écrit :\n> Et alors ?",
            "Non.",
            &[Quotes],
        ),
        (
            "No llega.\n\nEl mar, 3 mar 2026 a las 10:02, Ayuda (<a@x.example>) escribió:\n> ¿Llegó?",
            "No llega.",
            &[Quotes],
        ),
        (
            "Non va.\n\nIl giorno mar 3 mar 2026 alle ore 10:02 Aiuto <a@x.example> ha scritto:\n> Va?",
            "Non va.",
            &[Quotes],
        ),
        (
            "Nog niet.\n\nOp di 3 mrt. 2026 om 10:02 schreef Hulp <h@x.example>:\n> Werkt het?",
            "Nog niet.",
            &[Quotes],
        ),
        (
            "Ainda não.\n\nEm ter., 3 de mar. de 2026 às 10:02, Ajuda <a@x.example> escreveu:\n> Chegou?",
            "Ainda não.",
            &[Quotes],
        ),
        ("> Which size?\nMedium.\n\n> Which colour?\nBlue, please.", "Medium.\n\nBlue, please.", &[Quotes]),
        (
            "On 3 Mar 2026, Desk <d@x.example> wrote:\n> Which size?\n> And colour?\n\nMedium and blue.",
            "Medium and blue.",
            &[Quotes],
        ),
        (
            "Thank you, that helped.\n\n-----Original Message-----\nFrom: Desk\nold text",
            "Thank you, that helped.",
            &[Quotes],
        ),
        ("Geht wieder.\n\n-----Ursprüngliche Nachricht-----\nVon: T\nalter Text", "Geht wieder.", &[Quotes]),
        (
            "Please hurry.\n\n________________________________\nFrom: Desk <d@x.example>\nSent: Monday, March 2, 2026\nTo: Ada\nSubject: Parcel\n\nIt is late.",
            "Please hurry.",
            &[Quotes],
        ),
        (
            "Wann kommt es?\r\rVon: Technik\rGesendet: Montag\rAn: Ada; Bob;\r Cem\rBetreff: Lieferung\r\rMorgen.",
            "Wann kommt es?",
            &[Quotes],
        ),
        (
            "Trop tard.\n\nDe : Aide\nEnvoyé : lundi\nÀ : Ada\nObjet : Colis\n\nDemain.",
            "Trop tard.",
            &[Quotes],
        ),
        (
            "The second one.\n\n##- Please type your reply above this line -##\n\nWhich one?",
            "The second one.",
            &[Quotes],
        ),
        (
            "Still broken\n\nOn Tue, 3 Mar 2026 at 10:02, Desk <d@x.example> wrote:\nDid it help?\nYours, Desk",
            "Still broken",
            &[Quotes],
        ),
        ("Ja\n\n2026-03-03 10:02 GMT+01:00 Desk <d@x.example>:\n> Da?", "Ja", &[Quotes]),
    ]);
}

#[test]
fn forwarded_messages_go_or_are_what_is_read() {
    check(&[
        (
            "---------- Forwarded message ---------\nFrom: Ada <a@x.example>\nDate: Mon\nSubject: Tap\nTo: <b@x.example>\n\nThe tap drips.",
            "The tap drips.",
            &[Forwards],
        ),
        (
            "FYI, \n\nBegin forwarded message:\n\n> From: Ada\n> Subject: Tap\n> \n> The tap drips.\n> Badly.",
            "FYI, \n\nThe tap drips.\nBadly.",
            &[Forwards],
        ),
        (
            "Zur Info\n\n-----Weitergeleitete Nachricht-----\nVon: Ada\nBetreff: Hahn\n\nDer Hahn tropft.",
            "Zur Info\n\nDer Hahn tropft.",
            &[Forwards],
        ),
        (
            "My tenant wrote this, please send somebody on Friday.\n\n-------- Forwarded Message --------\nSubject: Tap\nFrom: Ada\n\nThe tap drips.",
            "My tenant wrote this, please send somebody on Friday.",
            &[Forwards],
        ),
        (
            "see below\n\nFrom: Ada\nSent: Monday\nTo: Bob\nSubject: Tap\n\nThe tap drips.",
            "see below\n\nThe tap drips.",
            &[Forwards],
        ),
        ("From: Ada\nSent: Monday\nTo: Bob\nSubject: Tap\n\nThe tap drips.", "The tap drips.", &[Forwards]),
        (
            "Hi team,\nFYI\nThanks,\nBob Ray\n\n---------- Forwarded message ---------\nFrom: Ada\n\nThe tap drips.\n\nRegards\nAda",
            "Hi team,\nFYI\n\nThe tap drips.",
            &[Forwards, Signature],
        ),
        (
            "Pour info\n\n---------- Message transféré ---------\nDe : Ada\nObjet : Fuite\n\nÇa fuit.",
            "Pour info\n\nÇa fuit.",
            &[Forwards],
        ),
    ]);
}

#[test]
fn signatures_go() {
    check(&[
        (
            "Die Lampe flackert.\n\nMit freundlichen Grüßen / Best regards\n\ni. A. Ada Berg\nEinkauf\n\nBerg GmbH\n\
             Mühlweg 1, 10115 Berlin\nTel.: +49 30 1234-567\nE-Mail: ada@berg.example\nwww.berg.example\n\
             Geschäftsführer: Bob Berg | Amtsgericht Berlin HRB 1234",
            "Die Lampe flackert.",
            &[Signature],
        ),
        ("La lampe clignote.\n\nMerci\nJean Martin\n06 12 34 56 78", "La lampe clignote.", &[Signature]),
        ("The lamp flickers.\n\n-- \nAda Berg\nLamps are our life.", "The lamp flickers.", &[Signature]),
        ("The lamp flickers.\n--\nAda Berg\nTel. 030 1234567", "The lamp flickers.", &[Signature]),
        ("Where is it?\n\nSent from my iPhone", "Where is it?", &[Signature]),
        ("Wo ist es?\n\nVon meinem iPhone gesendet", "Wo ist es?", &[Signature]),
        ("Où est-il ?\n\nEnvoyé de mon iPhone", "Où est-il ?", &[Signature]),
        ("Where is it?\n\nGet Outlook for iOS<https://aka.example/x>", "Where is it?", &[Signature]),
        (
            "The lamp flickers.\n\nBest regards,\nAda Berg\nHead of Light | Berg & Sons Ltd.\n12 Mill Lane\n+44 20 1234 5678\nwww.berg.example\n",
            "The lamp flickers.",
            &[Signature],
        ),
        (
            "Die Lampe flackert.\n\nMit freundlichen Grüßen\nAda Berg\nLeiterin Licht\n10115 Berlin",
            "Die Lampe flackert.",
            &[Signature],
        ),
        ("La lampe clignote.\n\nCordialement,\n\nAda Berg", "La lampe clignote.", &[Signature]),
        ("La lámpara parpadea.\n\nUn saludo,\nAda", "La lámpara parpadea.", &[Signature]),
        ("De lamp knippert.\n\nMet vriendelijke groet,\nAda van den Berg", "De lamp knippert.", &[Signature]),
        ("The lamp flickers.\n\nThanks,\nAda", "The lamp flickers.", &[Signature]),
        ("The lamp flickers.\nregards\nada", "The lamp flickers.", &[Signature]),
        ("The lamp flickers.\n\nBest regards, Ada Berg", "The lamp flickers.", &[Signature]),
        ("The lamp flickers.\n\nKind regards,\nAda\n\nSent from my iPad", "The lamp flickers.", &[Signature]),
    ]);
}

#[test]
fn notices_go() {
    check(&[
        (
            "The key is lost.\n\nThis e-mail and any attachments are confidential. If you are not the intended recipient, delete it.",
            "The key is lost.",
            &[Disclaimer],
        ),
        (
            "The key is lost.\n\n____________\nCONFIDENTIALITY NOTICE: for the named reader alone.",
            "The key is lost.",
            &[Disclaimer],
        ),
        (
            "Der Schlüssel ist weg.\n\nDiese E-Mail enthält vertrauliche Angaben. Wenn Sie nicht der richtige Adressat sind, löschen Sie sie.",
            "Der Schlüssel ist weg.",
            &[Disclaimer],
        ),
        (
            "La clé est perdue.\n\nCe message et ses pièces jointes peuvent contenir des données confidentielles.",
            "La clé est perdue.",
            &[Disclaimer],
        ),
        (
            "The key is lost.\n\nPlease consider the environment before printing this email.",
            "The key is lost.",
            &[Disclaimer],
        ),
        (
            "The key is lost.\nThis message is intended solely for the person it names\nand may hold confidential matter.",
            "The key is lost.",
            &[Disclaimer],
        ),
        (
            "The key is lost. This email is confidential and intended only for the reader it names.",
            "The key is lost.",
            &[Disclaimer],
        ),
        (
            "The key is lost.\n\nKind regards,\nAda Berg\n\nThis message is confidential and intended only for its addressee.\n\n\
             Berg Ltd, registered office: 1 Mill Lane.\n\nOn Tue, 3 Mar 2026, Desk <d@x.example> wrote:\n> Which key?",
            "The key is lost.",
            &[Quotes, Signature, Disclaimer],
        ),
    ]);
}

#[test]
fn nothing_is_made_empty() {
    check(&[
        ("> all of it\n> is quoted", "> all of it\n> is quoted", &[]),
        ("<p> </p><br>", "<p> </p><br>", &[]),
        ("Sent from my iPhone", "Sent from my iPhone", &[]),
        (
            "Best regards,\nAda\n\nOn 3 Mar 2026, D <d@x.example> wrote:\n> Well?",
            "Best regards,\nAda",
            &[Quotes],
        ),
        (
            "---------- Forwarded message ---------\nFrom: Ada\n\n",
            "---------- Forwarded message ---------\nFrom: Ada\n\n",
            &[],
        ),
    ]);
}

#[test]
fn only_what_is_asked_for_goes() {
    let message = "<p>The key is lost.</p><p>Regards</p><p>Ada</p><p>Please consider the environment before printing.</p><blockquote>Which?</blockquote>";
    assert_eq!(prepare(message, &Preparation::NONE).text, message);
    let html = Preparation { html: true, ..Preparation::NONE };
    assert_eq!(
        prepare(message, &html).text,
        "The key is lost.\n\nRegards\n\nAda\n\nPlease consider the environment before printing.\n\n> Which?"
    );
    let quotes = Preparation { quotes: true, ..html };
    let found = prepare(message, &quotes);
    assert!(found.text.ends_with("printing."), "{}", found.text);
    assert_eq!(found.removed, [Html, Quotes]);
    let found = prepare(message, &Preparation { signatures: false, ..Preparation::ALL });
    assert_eq!(found.text, "The key is lost.\n\nRegards\n\nAda");
    // A piece of a message is not copied.
    assert!(matches!(prepare("It works.\n-- \nAda", &Preparation::ALL).text, Cow::Borrowed("It works.")));
}

#[test]
fn options_and_kinds_have_their_names() -> Result<(), serde_json::Error> {
    let some = Preparation { html: true, quotes: true, ..Preparation::NONE };
    for written in [r#"["html", "quotes"]"#, r#""html,quotes""#, r#""quotes, html""#] {
        assert_eq!(serde_json::from_str::<Preparation>(written)?, some, "{written}");
    }
    assert_eq!(serde_json::to_string(&some)?, r#"["html","quotes"]"#);
    assert_eq!(serde_json::from_str::<Preparation>(r#""all""#)?, Preparation::ALL);
    assert_eq!(
        serde_json::from_str::<Preparation>(&serde_json::to_string(&Preparation::ALL)?)?,
        Preparation::ALL
    );
    for refused in [r#""quote""#, r#"["quote"]"#, r#"{"html": true}"#, "3"] {
        assert!(serde_json::from_str::<Preparation>(refused).is_err(), "{refused}");
    }
    assert!(Preparation::default().is_none() && !Preparation::ALL.is_none());
    for &kind in Removed::ALL {
        assert_eq!(serde_json::to_string(&kind)?, format!("\"{kind}\""));
    }
    Ok(())
}
