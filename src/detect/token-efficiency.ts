/**
 * How often one letter follows another in names, against chance: a row for each first letter, a column for each second; `m` is
 * as often as chance, each letter further up or down half a power of two more or less. Counted over the 6,991 words of the type
 * declarations and manuals that the packages of this project come with.
 */
const FOLLOWS = `
fnomehlcmdiqmpamaporkjhfjf pkljphfdphgridpifnojodddld pflhpecpmanmgcrgdnjpmdaaia oihlshifrgelihnhclngnidfia
mhnqkljfhfenmpglhqqmgkhmgc ogjippfdraanhhqdankloaddma ohddrgmnpadmkongdpnioffdhf rfahsadaqafikhqffnjnmafaka
mkommlmaabgmmspkckoobmahal pfifrfffmfkffiqlikripikfff nkjlsjjgqcckimkjciqmlcjglc pghlrifeqcgpeephaellmheapa
rmgirdeaqefjmhoqaelgmcache ogoookrfnfjigjmhcfpqjjdahd kkmmgjkbjejnorlmaqnmnlmhgd qbggqgglnagpgfpnbqmomdebha
ggjgggggjggmgjjggjggtglggg phkkshjdpakilkphbmonljfalb mfngqicnpcjkignneforofhdka ockgrffnrcakgfnfapollafbma
mnmjmildmaepnrinapopfedgaf qegeteibqeggeeneeeehgheeegb rffkqfhopcflcppcconiccijhf nhpipldlpdhkjdjrdhiridhhkd
mlmjojjdpgjmnpnqdipmigkddj qeiiteeipejkiioeeejejeeekn
`
  .trim()
  .split(/\s+/);

const EVEN = 'm'.charCodeAt(0);
const A = 'a'.charCodeAt(0);

/** So many pairs of letters are needed to tell anything. */
const FEWEST = 6;
const WORDLIKE = 0.4;

/**
 * Does it read like a name rather than like chance? Of texts with letters and digits in quotes in the packages of this project
 * (817 of 16 to 80 characters, hex left out) two thirds do; of random letters and digits 2 in 1,000 at 16 characters, 1 at 20,
 * 1 in 10,000 at 32, none of 20,000 at 40. What is hex throughout is never judged: it has too few letters.
 *
 * This stands in for counting the tokens of a language model, whose table is two hundred times as large.
 */
export function isWordlike(text: string): boolean {
  if (/^[0-9a-f-]+$/i.test(text)) return false;
  const folded = text.toLowerCase();
  let [score, pairs] = [0, 0];
  for (let at = 1; at < folded.length; at++) {
    const follows = FOLLOWS[folded.charCodeAt(at - 1) - A]?.charCodeAt(folded.charCodeAt(at) - A);
    if (follows === undefined || Number.isNaN(follows)) continue;
    score += (follows - EVEN) / 2;
    pairs++;
  }
  return pairs >= FEWEST && score > 4 && score / pairs > WORDLIKE;
}
