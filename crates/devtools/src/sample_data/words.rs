//! Word lists of the generated tweets.

/// The most frequent words of customers and support desks, most frequent first. Generated words follow them.
pub(super) const COMMON: &str = "\
the to i you and a my your is for it we in have of please on this with can that me not are us at be \
but our so was just from help if do get what no will an been thanks sorry as dm out all or now how \
hi why they up when more has know service phone there let time any app team am about like still \
here by would back send look working issue having account details see could email make thank number \
order hear check than only one use again after need been update call want today new them has \
support try day problem because care then guys want company message sure contact going some never \
work customer who getting ever hours delivery said store online did trying told money last got even \
good days flight waiting their don't i'm it's can't doesn't i've won't that's we're you're didn't \
refund bill line password screen battery slow great love hate bad best worst week month year card \
bank train bus seat plane bag luggage ticket price payment internet network signal router data \
follow link direct below reach looking happy assist experience feedback address information \
available restart device version software latest settings chat reply answer question explain \
credit charged twice cancelled late delay package parcel missing broken replacement warranty \
café déjà naïve über señor mañana größe straße français crème élan façade jalapeño piñata smörgås \
привет спасибо помощь 東京 ありがとう 谢谢 مرحبا 😀 😡 👍 🙏 😂 😭 ❤️ 🎉 ✈️ 📱 🤔 😊 🔥 💔 👎 \
&amp; &lt;3 -- ... :( :) lol omg smh ugh pls asap wtf idk tbh btw fyi 24/7 2 3 4 5 10 100 £20 $50 €9.99 \
#help #fail #customerservice #support #delay #thankyou #badservice #outage #refund #update #wifi";

/// Handles of the support desks that answer.
pub(super) const DESKS: [&str; 16] = [
    "ParcelHelp",
    "RailSupport",
    "CloudDeskCare",
    "AirAssist",
    "BankSupport_UK",
    "PhoneCare",
    "StoreHelp",
    "StreamSupport",
    "GameCareTeam",
    "GridPowerHelp",
    "HotelAssist",
    "TaxiSupport",
    "BroadbandCare",
    "FoodHelp",
    "LaptopCare",
    "InsureHelp_US",
];

/// Onsets of the syllables in generated words.
pub(super) const ONSETS: [&str; 24] = [
    "b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st",
    "tr", "pl", "ch", "sh", "br", "th",
];

/// Vowels of the syllables in generated words. Accents are rare, as in English text.
pub(super) const VOWELS: [&str; 32] = [
    "a", "e", "i", "o", "u", "a", "e", "i", "o", "a", "e", "i", "o", "u", "a", "e", "i", "o", "u",
    "a", "e", "i", "o", "u", "y", "er", "in", "al", "ou", "ea", "é", "ü",
];

/// Endings of generated words. Half of the words have an empty one.
pub(super) const CODAS: [&str; 8] = ["", "", "", "", "s", "n", "t", "ed"];
