"""The texts that parity is measured on: sentences in ten scripts, combined by a seeded generator, and hard ones."""
from __future__ import annotations

import random

SENTENCES = {
    "latin": [
        "My invoice from last month is wrong, and nobody answers my mails.",
        "Thank you so much, the new version works like a charm!",
        "Die Lieferung kam zu spät, und die Schachtel war völlig durchnässt.",
        "J'ai déjà demandé le remboursement trois fois : où est mon argent ?",
        "El técnico llegó temprano y arregló la conexión en diez minutos.",
        "Không thể đăng nhập vào tài khoản của tôi từ sáng nay.",
        "Hesabıma giriş yapamıyorum, şifremi sıfırlayın lütfen.",
        "The export of 12,500 rows (CSV) ends with error 0x80070057 at 3:45 p.m.",
        "Ik wil mijn abonnement opzeggen; het is me te duur geworden.",
    ],
    "cyrillic": [
        "Приложение закрывается сразу после обновления, помогите!",
        "Спасибо за быстрый ответ, всё снова работает.",
        "Чому мені двічі нарахували плату за один місяць?",
        "Поръчката ми още не е пристигнала, а минаха две седмици.",
        "Курьер был вежлив, но коробка пришла пустой.",
    ],
    "greek": [
        "Η παραγγελία μου δεν έφτασε ποτέ και κανείς δεν απαντά.",
        "Πολύ καλή εξυπηρέτηση, σας ευχαριστώ θερμά!",
        "Πώς μπορώ να αλλάξω τον κωδικό μου;",
        "Το τιμολόγιο γράφει λάθος ποσό.",
    ],
    "arabic": [
        "لم أستلم طلبي حتى الآن وأريد استرداد المبلغ.",
        "شكراً جزيلاً على المساعدة السريعة!",
        "كيف يمكنني تغيير كلمة المرور؟",
        "برنامه بعد از به‌روزرسانی دیگر باز نمی‌شود.",
        "یہ تیسری بار ہے کہ بل غلط آیا ہے۔",
    ],
    "hebrew": [
        "ההזמנה שלי עדיין לא הגיעה ואף אחד לא עונה.",
        "תודה רבה על השירות המהיר!",
        "אני לא מצליח להתחבר לחשבון מאז הבוקר.",
        "החשבונית שקיבלתי שגויה.",
    ],
    "devanagari": [
        "मेरा ऑर्डर अभी तक नहीं आया, कृपया मदद करें।",
        "आपकी सेवा बहुत अच्छी है, धन्यवाद!",
        "माझे खाते उघडत नाही, काय करावे?",
        "बिल में दो बार पैसे काट लिए गए हैं।",
    ],
    "chinese": [
        "我的订单已经两个星期了还没有到,请尽快处理。",
        "客服态度非常好,问题马上就解决了。",
        "請問怎麼修改我的密碼?",
        "應用程式更新之後一直當機。",
    ],
    "japanese": [
        "注文した商品がまだ届いていません。",
        "ご対応ありがとうございました。とても助かりました!",
        "パスワードを忘れてしまい、ログインできません。",
        "アップデート後にアプリがすぐ落ちます。",
    ],
    "korean": [
        "주문한 상품이 아직 도착하지 않았어요.",
        "빠른 답변 정말 감사합니다!",
        "비밀번호를 바꾸려면 어떻게 해야 하나요?",
        "업데이트한 뒤로 앱이 계속 꺼집니다.",
    ],
    "thai": [
        "สินค้าที่สั่งไปยังไม่มาถึงเลย ช่วยตรวจสอบให้ด้วย",
        "บริการดีมาก ขอบคุณค่ะ",
        "ลืมรหัสผ่าน เข้าสู่ระบบไม่ได้",
        "ระบบคิดเงินซ้ำสองครั้งในเดือนเดียว",
    ],
}
EMOJI = ["😀", "😡😡", "👍🏽", "👩‍💻", "🇺🇦", "❤️", "🤷🏻‍♂️", "🚀✨", "5️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"]
CONTROLS = ["\t", "\n", "\r\n", "\u0001", "\u0007", "\u0085", "\u00a0"]
CONTROLS += [ "\u00ad", "\u200b", "\u200e", "\u2028", "\ufeff", "\ufffd"]
HARD = [
    "",
    " ",
    "\n\t ",
    "\u200b",
    "\u0001\u0002",
    "?",
    "!!!!!!!!!!!!!!!!!!!!",
    "a",
    "é",
    "e\u0301",
    "ﬁne ﬂow ½ ① ＡＢＣ",
    "ﷺ",
    "Z\u0351\u036b\u0343a\u0329l\u0324g\u033bo",
    "𝔊𝔬𝔱𝔥𝔦𝔠 𝒔𝒄𝒓𝒊𝒑𝒕",
    "😀",
    "👩‍👩‍👧‍👦👩‍👩‍👧‍👦",
    "https://example.com/a/very/long?query=1&more=%20#part",
    "user@example.com +49 (0)30 1234-5678",
    "x" * 150,
    "nospaces" * 40,
    "[CLS] [SEP] [MASK] [PAD] [UNK]",
    "<s> </s> <pad> <mask> <unk>",
    "ALL CAPITALS AND ÄÖÜ ß İ ı ſ",
    "1234567890" * 12,
]
SCRIPTS = tuple(SENTENCES)
COUNT, LONG = 200, 12


def corpus() -> list[str]:
    """What tokenizers are trained on: every sentence, and the words of each alone."""
    sentences = [sentence for script in SENTENCES.values() for sentence in script]
    return sentences + [word for sentence in sentences for word in sentence.split()]


def texts(seed: int = 7) -> list[str]:
    """200 texts: the hard ones, some of more than 512 tokens for every tokenizer, and sentences with emoji and controls between."""
    pick = random.Random(seed)
    found = list(HARD)
    for number in range(LONG):
        # A word is at least a token: 530 words and more are past the end of what most models read.
        found.append(joined(pick, SCRIPTS[number % 6 : number % 6 + 1] or SCRIPTS, words=530 + 60 * number))
    number = 0
    while len(found) < COUNT:
        script = SCRIPTS[number % len(SCRIPTS)]
        sentences = pick.choices(SENTENCES[script], k=pick.choice([1, 1, 2, 3, 5]))
        if pick.random() < 0.25:
            sentences += pick.choices(SENTENCES[pick.choice(SCRIPTS)], k=1)
        text = decorated(pick, sentences)
        if text not in found:
            found.append(text)
        number += 1
    return found


def joined(pick: random.Random, scripts: tuple[str, ...], words: int) -> str:
    parts: list[str] = []
    while len(parts) < words:
        parts += pick.choice(SENTENCES[pick.choice(scripts)]).split()
    return " ".join(parts)


def decorated(pick: random.Random, sentences: list[str]) -> str:
    """Sentences with an emoji or a control character after some, and inside of one now and then."""
    parts = []
    for sentence in sentences:
        if pick.random() < 0.1:
            at = pick.randrange(len(sentence))
            sentence = sentence[:at] + pick.choice(CONTROLS) + sentence[at:]
        parts.append(sentence)
        if pick.random() < 0.35:
            parts.append(pick.choice(EMOJI))
        parts.append(pick.choice(CONTROLS) if pick.random() < 0.15 else " ")
    return "".join(parts[:-1])
