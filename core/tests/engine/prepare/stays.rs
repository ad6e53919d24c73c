//! Messages that look like a part to remove, and are not.

use std::borrow::Cow;

use frontdesk::prepare::{Preparation, prepare};

#[test]
fn what_the_customer_wrote_stays() {
    for message in [
        "It says:\n\n> no such lamp\n> try again\n\nWhy?",
        "The door is open.\n\nRegards,\nAda\nP.S. The window too, please send somebody.",
        "Please check it\n\nCheers\nAccount 12345",
        "Kind regards,\n\nmy parcel has not come",
        "",
        "  \n ",
        "ok",
        "  It works again, thanks!  \n",
        "if a < b and c > d",
        "<Button> does not work",
        "The <div> in my template is not closed, and </div> is missing too",
        "Use <br> and not <br/> they told me",
        "<p> is shown in every mail",
        "My page:\n<div>\n<p>Hello</p>\n<b>You</b> <i>too</i>\n</div>\nis blank",
        "Write to <ada@x.example> or see <https://x.example/a>",
        ">:( this is the third time\nand I am tired of it",
        "> 100 users cannot log in\nPlease look at it",
        ">>> import shop\n>>> shop.open()\nfails with an error",
        "```\n> npm test\n> fails\n```\nwhat now?",
        "From: Berlin\nTo: Paris\nDate: 3 March\nTwo seats, please.",
        "On Monday I wrote:\nplease cancel.\nNobody answered.",
        "On 3 March your colleague wrote: we pay it back. When?",
        "Problem one is the door.\n--\nProblem two is that the app fails on start.",
        "Thanks\nCan you also send me the invoice?",
        "It works now.\nThanks!",
        "Where is my parcel?\nThanks\nOrder 4711",
        "Where is my parcel?\nThanks\nURGENT",
        "Thanks,\nAda",
        "Best regards to the team, you were great.",
        "Sent from my account was an order that I did not make.",
        "Is the e-mail that I sent you confidential? I am not the intended recipient of the invoice.",
        "Please keep my address confidential.",
        "Ce message et ses pièces jointes ne s'ouvrent pas.",
        "The confidentiality notice on your site is out of date.",
        "Danke\nBitte rufen Sie mich heute noch an.",
        "Name: Ada\nSubject: tap\nMessage: it drips",
        "________\nis what the display shows",
        "Step one - fine\n-----\nStep two - it crashes",
        "Grüße an alle, das war super",
        "<div> and </div> do not match in your editor",
        "I typed <b>bold</b> and it stays thin",
        "Thanks for the lamp.\nRegards from the whole team, it is lovely.",
        "My old number is 030 1234567\nMy new number is 030 7654321",
        "Deliver it to\nAda Berg\n12 Mill Lane\nLondon",
        "- one\n- two\n-- three",
        "From: me\nTo: you\nhappy birthday",
        "Am 3. März 2026 habe ich bestellt:\n2 Lampen\n1 Schirm",
        "On 3 March 2026 at 10:02 I ordered:\n2 lamps",
        "We received this message in error from your shop. What now?",
        "Your privacy page says that data are confidential. It is wrong about us.",
        "Gracias\nNecesito la factura hoy",
        "Merci de me rappeler\nAda",
    ] {
        let found = prepare(message, &Preparation::ALL);
        assert_eq!(found.text, message);
        assert!(
            matches!(found.text, Cow::Borrowed(_)) && found.removed.is_empty(),
            "{message:?} {:?}",
            found.removed
        );
    }
}
