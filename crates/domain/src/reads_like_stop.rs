//! Texts that ask in other words not to be written to any more (R15): nobody is opted out by a guess, but no
//! machine answers them either, and an operator is asked.
//!
//! Precision comes first: "can you stop the leak?" is a customer who waits for an answer. So a request is only
//! recognized where it is a whole clause: courtesy and the like may stand before and after it, nothing else.
//! `tests/reads_like_stop.txt` holds what is recognized and what is not.

use std::sync::LazyLock;

use regex::Regex;

use crate::fold::fold;
use crate::keyword::{is_stop_beside_courtesy, without_signature};

/// Words for what is not wanted.
const TEXTS: &str = "(?:text ?messages?|texts?|messages?|msgs?|sms|texting|messaging|(?:text|sms) (?:alerts|reminders|notifications|offers))";
/// What may stand before a request.
const OPENERS: &str = "please|pls|plz|kindly|just|hi|hey|hello|ok|okay|no|no thanks|no thank you|thanks|thank you|sir|guys|yes|sorry|again|now|immediately\
    |for the last time|(?:can|could|would|will) (?:you|u|someone|somebody)(?: guys)?|(?:you|yall)(?: guys| people| all)? (?:need|have) to|i(?: have|ve)?(?: already)? (?:asked|told) you(?: guys)? to|i said|(?:im|i am) asking you to|i (?:ask|request|demand|insist) that you|(?:im|i am) requesting that you|(?:im|i am|this is|its|this number is) not [a-z]+\
    |i (?:want|need|would like)(?: you)?(?: guys)? to|id like(?: you)? to|i wish to|how (?:do|can) i|would you mind|wrong number|not interested|im not interested\
    |hola|no me interesa|numero equivocado|buenas|buenos dias|buenas tardes|buenas noches|por favor|porfavor|porfa|favor de|gracias|ya|(?:le|les|te) pido que|quiero(?: que)?|quisiera(?: que)?|necesito que|podrian?|pueden?|me gustaria|como puedo\
    |bonjour|salut|bonsoir|merci(?: de)?|svp|stp|sil (?:vous|te) plait|(?:pouvez|pourriez) vous|veuillez|je vous (?:prie|demande) de|je (?:veux|voudrais|souhaite)|comment\
    |bitte|hallo|guten (?:tag|morgen|abend)|moin|danke|(?:konnen|konnten) sie";
/// What may stand after a request.
const TAILS: &str = "please|pls|plz|now|right now|thanks|thank you|thx|again|ever|ever again|any ?more|any longer|immediately|at once|asap|already|for good|forever\
    |(?:on|at|to) (?:this|my) (?:number|phone|cell|cell phone|mobile)|from (?:you|this number|you guys|your company)|this is (?:the|a) wrong number|wrong number|sir\
    |por favor|porfavor|porfa|gracias|ya|mas|nunca mas|otra vez|de nuevo|de inmediato|a este numero|al? mi (?:numero|celular|telefono)\
    |svp|stp|sil (?:vous|te) plait|merci|maintenant|immediatement|tout de suite|desormais|a ce numero|sur ce numero\
    |bitte|danke|sofort|mehr|ab sofort|vielen dank|auf diese(?:r)? nummer";
/// Where a clause may begin and end without a sign.
const LINKS: &str = "and|or|but|because|cause|y|o|pero|porque|et|ou|mais|car|und|oder|aber|sonst|weil|denn";

/// Requests that are recognized in any clause.
const REQUESTS: &[&str] = &[
    // English.
    "(?:stop|quit|cease|stop calling and|stop calling or) (?:texting|messaging|msging|contacting|spamming|harassing|bothering|txting|writing(?: to)?|emailing and texting|texting and calling|texting or calling) (?:me|us|this number|this phone|my phone|my number)",
    "(?:stop|quit|cease) (?:sending|with)(?: me| us)?(?: (?:all|any|these|those|your|the|more|stupid|annoying|unwanted|so many)){0,3} TEXTS",
    "(?:stop|quit|end|discontinue|turn off|get rid of|cancel)(?: (?:all|any|these|those|this|your|further|future)){1,2} TEXTS",
    "(?:stop|quit) (?:receiving|getting)(?: (?:all|any|these|those|your|the|more|so many)){0,2} TEXTS",
    "(?:do not|dont|never|no longer)(?: you)?(?: ever| dare)? (?:text|message|msg|contact|txt|write(?: to)?|call or text|text or call|contact or text|send)(?: me| us| this number| my (?:phone|number))(?: any| any more| more| your)?(?: TEXTS)? (?:again|ever|ever again|any ?more|any longer|in (?:the )?future)",
    "never (?:text|message|contact|txt) (?:me|us|this number) again",
    "(?:do not|dont) (?:ever )?send (?:me|us)(?: (?:any|anymore|any more|more|these|your|further)){1,2} TEXTS",
    "i(?: really)? (?:do not|dont|no longer) (?:want|wish|need|care)(?: to (?:get|receive|have|see))?(?: (?:any|anymore|any more|more|your|these|those|further|such)){0,3} TEXTS",
    "i(?: really)? (?:do not|dont|no longer) (?:want|wish) (?:to be|being|you to) (?:text|texted|messaged|contacted|contact|message|txt|spammed)(?: by you| me)?",
    "(?:take|remove|get|delete|drop) (?:me|us|my number|this number|my (?:cell|phone) number|my name)(?: off| from| off of| out of)(?: of)? (?:your|ur|this|these|any|all|all your)(?: (?:text|texting|sms|mailing|marketing|contact|message|messaging|phone|call|calling|distribution|subscriber|subscription|email|spam|group text|damn|stupid))* (?:lists?|database|system|records|contacts|TEXTS)",
    "(?:take|remove|get) (?:me|my number) (?:off|from)(?: of)? the (?:text|texting|sms|mailing|marketing|messaging|message|contact)(?: message| messaging)? lists?",
    "(?:delete|lose|erase|forget|remove) (?:my|this)(?: (?:cell|phone|mobile))? number",
    "no more(?: of)?(?: (?:these|your|the))? TEXTS",
    "(?:un ?subscribe|opt out|opt me out|optout|un ?enroll)(?: (?:me|us|my number|this number))?(?: (?:from|of|off)(?: (?:all|any|this|these|your|the|future|further)){0,3} (?:lists?|service|TEXTS))?",
    "(?:opt|count) me out(?: of(?: (?:all|any|this|these|your|future|further)){1,2} TEXTS)?",
    "(?:i|we)(?: have|ve)?(?: already)? (?:asked|want|wanted|wish|need|would like|requested) to be (?:removed|taken) (?:off|from)(?: of)? (?:your|this|these|any|all)(?: (?:text|texting|sms|mailing|marketing|contact|message|messaging|phone|distribution))* (?:lists?|database|records|TEXTS)",
    "id like to be (?:removed|taken) (?:off|from)(?: of)? (?:your|this|these|any|all)(?: (?:text|texting|sms|mailing|marketing|contact|message|messaging|phone|distribution))* (?:lists?|database|records|TEXTS)",
    "(?:cease|stop|discontinue|end)(?: (?:all|any|this|these|further|future)){1,2} (?:communications?|contact|correspondence)(?: with (?:me|this number))?",
    "cease (?:communications?|contact)",
    "(?:discontinue|turn off)(?: sending)? TEXTS",
    "refrain from (?:texting|messaging|contacting|writing(?: to)?)(?: me| us| this number)",
    "unsubscribe(?: me)?(?: from)? (?:all|everything)",
    "(?:stop|quit|turn off)(?: (?:these|your)) (?:notifications|alerts)",
    "(?:stop|quit) (?:blowing|filling) up my (?:phone|inbox)",
    "(?:stop|quit) sending (?:me|us)(?: (?:this|that|these|your|all|the)){0,2} (?:crap|shit|junk|garbage|bullshit|nonsense)",
    "enough (?:with|of)(?: (?:the|these|your|all)){1,2} TEXTS",
    "make (?:the|these|your) TEXTS stop",
    "(?:take|remove|get) me (?:off|from|out)(?: of)? (?:this|your|the) group (?:text|chat|message)",
    "get (?:me )?off(?: of)? (?:this|your)(?: (?:text|texting|mailing|sms|messaging|contact))? list",
    "(?:stop|quit|no more)(?: sending)?(?: me| us)?(?: (?:this|your|the|all))? spam",
    "leave me alone",
    "cease and desist",
    // Spanish.
    "(?:ya )?(?:deja|deje|dejen|dejar|dejad|dejes|para|pare|paren|parar) de (?:escribirme|contactarme|molestarme|textearme|mensajearme|acosarme|(?:mandarme|enviarme|mandar|enviar)(?: (?:mas|tantos|estos|esos|sus|los)){0,2} (?:mensajes(?: de texto)?|textos|sms|publicidad|spam))",
    "(?:ya )?no me (?:escriban?|escribas|contacten?|contactes|molesten?|molestes|texteen?|textees)(?: (?:mas|nunca mas|nunca|otra vez|de nuevo)){1,2}",
    "ya no me (?:escriban?|escribas|contacten?|contactes|molesten?|molestes)",
    "(?:ya )?no me (?:manden?|mandes|envien?|envies)(?: mas| ya| sus| estos| esos| ningun){1,2} (?:mensajes?(?: de texto)?|textos|sms|publicidad|spam)",
    "(?:ya no|no) me (?:manden?|mandes|envien?|envies) (?:mensajes(?: de texto)?|textos|sms) (?:mas|nunca mas)",
    "ya no me (?:manden?|mandes|envien?|envies) (?:mensajes(?: de texto)?|textos|sms|nada)",
    "(?:ya )?no (?:quiero|deseo)(?: recibir)?(?: mas| sus| estos| esos| ningun){1,2} (?:mensajes?(?: de texto)?|textos|sms|publicidad)(?: suyos| de ustedes)?",
    "ya no (?:quiero|deseo)(?: recibir)? (?:mensajes(?: de texto)?|textos|sms|publicidad)(?: suyos| de ustedes)?",
    "(?:ya )?no (?:quiero|deseo) (?:que me (?:escriban?|contacten?|manden mensajes|envien mensajes)|ser contactad[oa])(?: mas)?",
    "no (?:vuelvan?|vuelvas) a (?:escribirme|contactarme|molestarme|textearme|(?:mandarme|enviarme) (?:mensajes(?: de texto)?|textos|sms))",
    "(?:no mas|basta de) (?:mensajes(?: de texto)?|textos|sms|spam)",
    "(?:quitenme|quiteme|quitame|borrenme|borreme|borrame|eliminenme|elimineme|eliminame|saquenme|saqueme|sacame|retirenme|remuevanme) de (?:su|sus|tu|esta|esa|la)(?: (?:lista|listas|base de datos|lista de (?:contactos|mensajes|envios|correo|difusion)))",
    "(?:borren|borre|borra|eliminen|elimine|elimina|quiten|quite|olviden) mi numero(?: de (?:su|sus|esta|la) (?:lista|listas|base de datos))?",
    "(?:denme|deme|dame|darme|darse) de baja(?: de (?:esta|su|la) lista| de (?:estos|sus|los) mensajes)?",
    "(?:dejenme|dejeme|dejame|dejadme) (?:en paz|tranquil[oa])",
    // French.
    "(?:arretez|arrete|arreter|cessez|cesse|cesser|stoppez)(?: tout de suite| immediatement| svp)? (?:de (?:mecrire|me (?:contacter|deranger|harceler|texter|spammer|solliciter)|menvoyer (?:des|vos|ces|tous ces|tes|autant de) (?:messages|sms|textos|pubs|publicites))|(?:vos|ces|tous ces) (?:messages|sms|textos))",
    "(?:ne )?(?:menvoyez|menvoie|menvoyer|nous envoyez) plus(?: jamais)? (?:de|vos|aucun|ces|dautres) (?:messages?|sms|textos?|publicites?|pubs?)",
    "(?:ne )?(?:mecrivez|mecris|me contactez|me contacte|me contacter|me derangez|me textez|me sollicitez|me harcelez) plus(?: jamais)?",
    "nenvoyez plus(?: de| aucun| vos) (?:messages?|sms|textos?)",
    "je (?:ne )?(?:veux|souhaite|desire) plus(?: jamais)? (?:recevoir (?:de|vos|aucun|ces|tous ces) (?:messages?|sms|textos?|publicites?)|(?:de|vos|aucun) (?:messages?|sms|textos?)|etre (?:contactee?|derangee?|sollicitee?)|que vous (?:mecriviez|me contactiez))(?: de votre part)?",
    "(?:desinscrivez|desabonnez|desinscris|desabonne|desinscrire|desabonner) moi(?: de (?:cette|votre|vos|ces) (?:liste|listes|messages|sms))?",
    "me (?:desinscrire|desabonner)(?: de (?:cette|votre|vos|ces) (?:liste|listes|messages|sms))?",
    "(?:retirez|enlevez|supprimez|rayez|effacez|otez|retire|enleve|supprime) (?:moi|mon numero|mon nom) de (?:votre|vos|cette|ta) (?:liste|listes|fichier|contacts|repertoire|base|base de donnees|liste de (?:diffusion|contacts|messages|sms))",
    "(?:supprimez|effacez|oubliez|retirez) mon numero",
    "(?:plus aucun|plus jamais de) (?:messages?|sms|textos?)",
    "(?:laissez|laisse|fichez|foutez) moi (?:tranquille|en paix|la paix)",
    "jai demande a ne plus etre (?:contactee?|derangee?|sollicitee?)",
    "(?:ne )?menvoyez plus rien",
    "ne plus (?:me|nous) (?:contacter|ecrire|deranger|texter|solliciter)",
    "ne plus (?:menvoyer|nous envoyer) (?:de|vos|aucun|ces) (?:messages?|sms|textos?|publicites?|pubs?)",
    "(?:me|mon numero) (?:retirer|enlever|supprimer|desinscrire|desabonner|radier|rayer) de (?:cette|votre|vos|ces|la) (?:liste|listes|base de donnees|messages|sms)",
    "(?:retirer|enlever|supprimer|radier|rayer) (?:moi|mon numero) de (?:cette|votre|vos|ces|la) (?:liste|listes|base de donnees)",
    "(?:retirez|enlevez|supprimez|rayez|retire|enleve|supprime) moi de la liste",
    // German.
    "(?:horen sie|hor|hort)(?: bitte| endlich| sofort| damit){0,2} auf(?: damit)?[ \n](?:mir|mich)(?: (?:standig|dauernd|weiter|weitere|immer))? (?:zu schreiben|anzuschreiben|zu kontaktieren|zu belastigen|zu texten|(?:nachrichten|sms|texte|werbung) zu (?:schicken|senden|schreiben))",
    "(?:schreiben sie|schreib|schreibt|texten sie|schreibe) (?:mir|mich|uns)(?: bitte)? (?:nicht mehr|nie wieder|nie mehr|nicht weiter|nicht nochmal)(?: an)?",
    "(?:schicken sie|schick|schickt|senden sie|sende|sendet|schreiben sie|schreibt|schreib)(?: mir| uns)(?: bitte)? keine(?:rlei)? (?:(?:weiteren? )(?:nachrichten?|sms|texte|werbung|mitteilungen)|(?:nachrichten|sms|texte|werbung|mitteilungen) mehr)(?: zu)?",
    "keine (?:(?:weiteren )(?:nachrichten|sms|texte|mitteilungen)|(?:nachrichten|sms|texte|werbung|mitteilungen) mehr)",
    "ich (?:will|mochte|wunsche)(?: von ihnen| von euch| von dir)? (?:keine (?:weiteren (?:nachrichten|sms|texte)|(?:nachrichten|sms|texte|werbung) mehr)|nicht mehr (?:kontaktiert|angeschrieben|belastigt))(?: von ihnen| von euch| von dir)?(?: mehr)?(?: bekommen| erhalten| empfangen| haben| werden)?",
    "(?:kontaktieren sie|kontaktiert|kontaktiere|belastigen sie|belastigt) mich(?: bitte)? (?:nicht mehr|nie wieder|nie mehr)",
    "(?:nehmen sie|nimm|nehmt|streichen sie|streich|streicht|loschen sie|losch|loscht|entfernen sie|entferne|entfernt) (?:mich|meine (?:nummer|handynummer|telefonnummer))(?: bitte)? (?:von|aus) (?:der|dieser|ihrer|eurer|deiner|ihrem|eurem|dem|diesem|ihren|euren) (?:liste|mailingliste|kontaktliste|sms liste|verteilerliste|verteiler|sms verteiler|datenbank|kontakten|system)(?: raus| heraus)?",
    "(?:loschen sie|losch|loscht|losche|vergessen sie)(?: bitte)? (?:meine|diese) (?:nummer|handynummer|telefonnummer)",
    "(?:entfernen sie|entferne|entfernt|streichen sie|streich|streicht)(?: bitte)? meine (?:nummer|handynummer|telefonnummer)",
    "meine (?:nummer|handynummer|telefonnummer)(?: bitte)? (?:loschen|entfernen|streichen)",
    "ich (?:will|mochte) nichts mehr von (?:ihnen|euch|dir) horen",
    "unterlassen sie(?: bitte)? (?:weitere|diese|ihre|alle) (?:nachrichten|sms|texte)",
    "(?:mich )?(?:von|vom)(?: diesem| diesen| ihrem| eurem)? (?:verteiler|sms verteiler|sms|nachrichten) (?:abmelden|abzumelden)",
    "(?:lassen sie|lass|lasst) mich(?: bitte| endlich){0,2} in (?:ruhe|frieden)",
    "(?:stoppen sie|stoppt|stopp)(?: bitte)? (?:die|diese|ihre|eure|alle) (?:nachrichten|sms|texte)",
];

/// Words that make a request stronger, and not another one.
const INTENSIFIERS: [&str; 8] =
    ["damn", "damned", "goddamn", "fucking", "fuckin", "freaking", "bloody", "stupid"];

/// Requests that are recognized only where they are the whole text: beside another clause they may be anything.
const WHOLE_REQUESTS: &[&str] = &[
    "(?:stop|quit) (?:texting|messaging|contacting|spamming)",
    "(?:stop|quit)(?: the)? TEXTS",
    "(?:do not|dont) (?:text|message|contact|txt)(?: me| us| this number)?",
    "(?:stop|stop all|unsubscribe|revoke)(?: (?:stop|all))*",
    "(?:take me off|remove me|delete me)(?: (?:from|off) (?:the|your) (?:list|lists|contacts))?",
    "(?:do not|dont) send (?:me|us) TEXTS",
    "no me (?:escriban?|escribas|contacten?|contactes|molesten?|molestes|manden mensajes|envien mensajes)",
    "(?:ya )?no (?:quiero|deseo)(?: recibir)? (?:mensajes(?: de texto)?|textos|sms)",
    "i opt out|opting out|(?:i am|im) opting out",
    "(?:remove|remove this)",
    "block (?:me|my number|this number)",
    "(?:ya )?(?:deja|deje|dejen) de molestar",
    "plus de (?:sms|messages|textos) (?:svp|stp|sil (?:vous|te) plait|merci)",
    "nie wieder (?:schreiben|anschreiben|kontaktieren)",
    "(?:ne )?(?:mecrivez|me contactez) pas",
    "(?:mir |mich )?(?:bitte )?nicht mehr (?:schreiben|anschreiben|kontaktieren|texten)",
    "stop (?:aux )?(?:sms|messages|textos)",
    "(?:schicken sie|schickt|senden sie) mir(?: bitte)? keine (?:nachrichten|sms|werbung)",
    "(?:schreiben sie|schreibt) mir(?: bitte)? nicht",
];

/// What may stand beside a whole request besides courtesy.
const BESIDE: &str = "you(?: are|re) (?:texting|messaging|contacting) the wrong (?:person|number)|(?:this is )?(?:the |a )?wrong (?:number|person)|(?:im|i am) on the do not (?:call|text|contact) list|you (?:have|got)(?: the| a)? wrong number|who (?:is|are) (?:this|you)|i (?:dont|do not) know (?:you|who (?:this|you) (?:is|are))|i (?:never|didnt|did not) (?:sign|signed) up(?: for this)?|numero equivocado|falsche nummer|mauvais numero";

static REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    let requests = REQUESTS.join("|").replace("TEXTS", TEXTS);
    compiled(&format!(
        "(?m)(?:^|\\b(?:{LINKS}) )(?:(?:{OPENERS}) )*(?:{requests})(?: (?:{TAILS}))*(?:$| (?:{LINKS})\\b)"
    ))
});

static WHOLE_REQUEST: LazyLock<Regex> = LazyLock::new(|| {
    let requests = WHOLE_REQUESTS.join("|").replace("TEXTS", TEXTS);
    compiled(&format!(
        "^(?:(?:{OPENERS}|{BESIDE})[ \n])*(?:{requests})(?:[ \n](?:{TAILS}|{OPENERS}|{BESIDE}))*$"
    ))
});

fn compiled(pattern: &str) -> Regex {
    Regex::new(&pattern.replace("\\b", "(?-u:\\b)"))
        .expect("the patterns above are valid, a test compiles them")
}

/// Whether a message asks in other words not to be written to any more (R15). Keywords are none of these.
pub fn reads_like_stop(body: &str) -> bool {
    if is_stop_beside_courtesy(body) {
        return true;
    }
    let clauses = clauses(without_signature(body));
    REQUEST.is_match(&clauses) || WHOLE_REQUEST.is_match(&clauses)
}

/// The clauses of a text, one a line: its words without apostrophes, what others are quoted with left out.
fn clauses(body: &str) -> String {
    let folded = fold(&body.replace(['\n', '\r', '\u{2028}', '\u{2029}'], " . "));
    let quoted = folded.split('"').skip(1).step_by(2).map(str::len).sum::<usize>();
    // Somebody may put the whole of their own words into quotes.
    let all_quoted = quoted > 0 && folded.trim_matches('"').len() == quoted;
    let own: String = if all_quoted {
        folded.replace('"', "")
    } else {
        folded.split('"').step_by(2).collect::<Vec<_>>().join(" , ")
    };
    let lines = own.replace('\'', "").replace(" - ", ".");
    let lines = lines.split(['.', '!', '?', ';', ',', '(', ')', '…']).map(|clause| {
        let letters = clause.chars().map(|c| if c.is_alphanumeric() || c == ':' { c } else { ' ' });
        let letters = letters.collect::<String>();
        letters.split_whitespace().filter(|word| !INTENSIFIERS.contains(word)).collect::<Vec<_>>().join(" ")
    });
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
