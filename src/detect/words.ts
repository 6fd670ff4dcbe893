/**
 * Words of five letters and more that identifiers are made of: the names in the type declarations of Node and the web platform,
 * those met eight times or more; a word that holds another is left out. A token of 40 random letters and digits holds one of
 * them by chance once in some thousand.
 */
const WORDS = `
abort accept access active actual address after agent algorithm alive allow anonymous append argon argument array assert
asset async atime attach attempt attributes available await before bigint binary block boolean bound branch broadcast
brotli buffer builtin bytes cache callback called cancel capture categories certificate change channel check child chunk
cipher clamped class clear client close cluster cname coercion collected colors column command common compatibility
compile complete component compress compute config connect console const consumers content context continue control count
coverage covered create crypto current cursor curve custom database debug declare decode default definitions deflate delay
depth dequeue derive destination destroy detail dgram diagnostic diffie digest directory dirent disable disposable dispose
domain drain duplex duration dynamic emitter enable encode encoding enqueue entries entry equal errno error eslint
evaluate event exception execution expect exponent export extends extra failed failure false family fetch filename files
finish first flags float flush format frame fstat function future generate generator global group handle hashed header
hellman hints histogram history hooks hostname https identifier ignore immediate implementation implements implicit import
incoming index infer inflate initial input inspect instance interface interrupted interval issuer items iterable iterator
keylog keyof label large length level lexical listen loading local location lookup lstat major match measure memory
message method mkdir mkdtemp mocked module modulus monitor monotonic msecs mtime multicast multiple named names naptr
native navigator nesting network never notification number object offset online option order origin other outgoing output
padding param parent parse partial password pattern pause payload performance pipeline plaintext platform position posix
possible precise predicate prefix prepend preview previous prime priority private process profile progress promise
promisify properties property protocol prototype proxy public punycode query queuing random range readable readdir reader
readline readlink readonly ready realpath reason received record recursive reduce reference register reject release remote
remove report request require reset resolve response result resume return reverse revoked rinfo rrtype running runtime
sampling scope script search secret secure select serializable server service session settings setup shake shared signal
signature signing snapshot socket source space spawn specific specifier spkac stack start state statfs static statistics
stats status stderr stdin stdio stdout storage store strategy stream strict string subscribers subtle suite summary
support symbol table target these thread throw timeout timestamp timing token total trace tracing tracker tracking
trailers transfer transform trigger tuple typed typeof types uncaught undefined underlying undici unique unknown unpipe
unref unzip update upgrade usage utilization value variable verbatim verify version waiting warning watch water window
without worker write written
`
  .trim()
  .split(/\s+/);

const ANY_WORD = new RegExp(WORDS.join('|'), 'i');

/** Is one of the words in it that names are made of? */
export function holdsWord(text: string): boolean {
  return ANY_WORD.test(text);
}
