import { pathFrom } from '../../src/files/referrers.ts';
import type { Block, Expression, ForExpression, Reference } from '../../src/formats/hcl/syntax.ts';
import { computed, isStandIn } from '../../src/iac/computed.ts';
import type { Resource } from '../../src/iac/resource.ts';
import {
  entry,
  handedOn,
  known,
  type MapValue,
  type Source,
  type UnknownValue,
  type Value,
  type Where,
} from '../../src/iac/value.ts';
import { asText, call, text } from './functions.ts';
import {
  type Binding,
  type Bindings,
  bearsOnIdentities,
  type Each,
  eachOf,
  type Instance,
  MAX_INSTANCES,
  NAMELESS,
} from './instances.ts';
import { attributeOf, type Module, type ModuleFile, type Placed } from './module.ts';
import { operate } from './operators.ts';
import { documentOf } from './policy-document.ts';

/** Bounds on one module: expressions worked out, steps into each other, items of what a `for` makes. */
const MAX_STEPS = 500_000;
const MAX_ITEMS = 5000;
const MAX_DEPTH = 60;
/** Bound on the blocks that `dynamic` makes of one resource, and what each costs in steps. */
const MAX_BLOCKS = 5000;
const STEPS_OF_BLOCK = 5;
const MAX_TEXT = 256 * 1024;

/** Works out what expressions of a module come to, as far as its files tell. */
export class Evaluator {
  readonly #module: Module;
  readonly #accounts: ProviderFacts;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #given: Given | undefined;
  readonly #byAddress = new Map<string, Placed<Block>>();
  readonly #locals = new Map<string, Value | undefined>();
  readonly #variables = new Map<string, Value | undefined>();
  readonly #attributes = new Map<string, Value | undefined>();
  readonly #instances = new Map<string, readonly Instance[]>();
  readonly #busy = new Set<string>();
  readonly #sources = new Map<ModuleFile, Source>();
  /** Stand for resources in values: their attributes are worked out when they are asked for. */
  readonly #standing = new WeakMap<Value, { readonly base: string; readonly instance: Instance }>();
  readonly #notes = new Map<string, Note>();
  readonly #shared: Steps | undefined;
  #steps = 0;
  #depth = 0;

  /** `texts`: files that `file()` reads, by their path. `given`: by whoever calls the module. `shared`: with its other calls. */
  constructor(module: Module, accounts: ProviderFacts, texts: ReadonlyMap<string, string>, given?: Given, shared?: Steps) {
    this.#module = module;
    this.#accounts = accounts;
    this.#texts = texts;
    this.#given = given;
    this.#shared = shared;
    for (const placed of module.resources) this.#byAddress.set(addressOf(placed.it), placed);
  }

  get wasCut(): boolean {
    return this.#steps > MAX_STEPS || (this.#shared?.steps ?? 0) < 0;
  }

  #step(steps: number): void {
    this.#steps += steps;
    if (this.#shared !== undefined) this.#shared.steps -= steps;
  }

  /** What was read as one because nobody knows how many there are. */
  get notes(): readonly Note[] {
    return [...this.#notes.values()];
  }

  resources(): Resource[] {
    return this.#module.resources.flatMap((placed) =>
      this.#instancesOf(addressOf(placed.it)).map((instance) => this.#resource(placed, instance)),
    );
  }

  /** The body of any other block. */
  body(placed: Placed<Block>, bindings: Bindings = {}): MapValue {
    return this.#body(placed, placed.it, bindings);
  }

  /** What `each` and `count` mean in each instance of a `module` block. */
  callsOf(placed: Placed<Block>): readonly Instance[] {
    return this.#expand(`module.${placed.it.labels[0] ?? ''}`, placed);
  }

  value({ from, it }: Placed<Expression>, bindings: Bindings = {}): Value | undefined {
    return this.#evaluate(from, it, bindings);
  }

  where(from: ModuleFile, start: number, end: number): Where {
    let source = this.#sources.get(from);
    if (source === undefined) {
      source = { path: from.file.path, at: from.file.at, position: (offset) => from.hcl.position(offset) };
      this.#sources.set(from, source);
    }
    return { source, start, end };
  }

  #resource(placed: Placed<Block>, { address, bindings, isConditional }: Instance): Resource {
    const { from, it } = placed;
    const [type = ''] = it.labels;
    const facts = this.#factsFor(it);
    const head = this.where(from, it.start, it.start + 1);
    const body = this.#body(placed, it, bindings);
    return {
      mode: it.type === 'data' ? 'data' : it.type === 'ephemeral' ? 'ephemeral' : 'managed',
      type,
      address,
      body: { ...body, entries: [...body.entries, ...fromProvider(facts, head)] },
      where: { ...head, end: it.start + it.type.length },
      ...(isConditional === true ? { isConditional } : {}),
      ...(facts.account === undefined ? {} : { account: facts.account }),
    };
  }

  #factsFor(block: Block): ReturnType<ProviderFacts> {
    const provider = attributeOf(block.body, 'provider');
    const alias =
      provider?.kind === 'reference'
        ? [provider.root, ...provider.steps.filter((step) => typeof step === 'string')].join('.')
        : undefined;
    return this.#accounts(alias ?? (block.labels[0] ?? '').split('_')[0] ?? '');
  }

  #body(placed: Placed<Block>, block: Block, bindings: Bindings, made: Made = { blocks: 0 }): MapValue {
    const { from } = placed;
    this.#step(1);
    const entries: { key: string; value: Value }[] = [];
    for (const { name, value } of block.body.attributes) {
      const worked = this.#evaluate(from, value, bindings);
      if (worked === undefined) continue;
      entries.push({ key: name, value: this.#standing.has(worked) ? this.#unknown(from, value, []) : worked });
    }
    const nested = new Map<string, Value[]>();
    const add = (name: string, value: Value) => {
      const before = nested.get(name);
      if (before === undefined) nested.set(name, [value]);
      else before.push(value);
    };
    for (const inner of block.body.blocks) {
      const [label] = inner.labels;
      if (inner.type === 'dynamic' && label !== undefined) {
        for (const value of this.#dynamic(placed, inner, label, bindings, made)) add(label, value);
      } else add(inner.type, this.#body(placed, inner, bindings, made));
    }
    for (const [key, all] of nested) {
      const where = all[0]?.where ?? this.where(from, block.start, block.end);
      entries.push({ key, value: { kind: 'list', items: all, where } });
    }
    return { kind: 'map', entries, where: this.where(from, block.start, block.end) };
  }

  /** `dynamic "statement" { for_each = …  content { … } }`: one block for each, or one for all where it is not known. */
  *#dynamic(placed: Placed<Block>, block: Block, label: string, bindings: Bindings, made: Made): Generator<Value> {
    const content = block.body.blocks.find((one) => one.type === 'content');
    if (content === undefined) return;
    const iterator = attributeOf(block.body, 'iterator');
    const name = iterator?.kind === 'reference' ? iterator.root : label;
    const over = attributeOf(block.body, 'for_each');
    const all = over === undefined ? undefined : this.#evaluate(placed.from, over, bindings);
    const each = this.#noted(eachOf(all), placed, `the blocks ${label} of ${addressOf(placed.it)}`);
    for (const one of each ?? [{}]) {
      if (this.wasCut) return;
      if (made.blocks >= MAX_BLOCKS) {
        this.#note(placed, `there are too many blocks of ${addressOf(placed.it)}: the first ${MAX_BLOCKS} were read`);
        return;
      }
      made.blocks += 1;
      this.#step(STEPS_OF_BLOCK);
      yield this.#body(placed, content, { ...bindings, [name]: one }, made);
    }
  }

  #instancesOf(address: string): readonly Instance[] {
    const before = this.#instances.get(address);
    if (before !== undefined) return before;
    const placed = this.#byAddress.get(address);
    if (placed === undefined) return [];
    // While they are worked out, a reference to itself finds the one.
    this.#instances.set(address, [{ address, bindings: {} }]);
    const instances = this.#expand(address, placed);
    this.#instances.set(address, instances);
    return instances;
  }

  #expand(address: string, placed: Placed<Block>): readonly Instance[] {
    const { from, it } = placed;
    const over = attributeOf(it.body, 'for_each');
    if (over !== undefined) {
      const value = this.#evaluate(from, over, {});
      const all =
        value !== undefined && this.#standing.has(value)
          ? // One resource, of which there may be several.
            this.#noted({ all: [{ value }], isWhole: false }, placed, address)
          : this.#noted(eachOf(value), placed, address);
      if (all?.length === 0 && !this.#hangsOnDefault(over)) return [];
      if (all === undefined || all.length === 0) {
        const isConditional = all !== undefined || mayBeNone(over);
        return [{ address, bindings: { each: {} }, ...(isConditional ? { isConditional } : {}) }];
      }
      return all.map((each) => {
        const key = known(each.key);
        return {
          address: key === undefined ? address : `${address}["${key}"]`,
          ...(key === undefined ? {} : { key }),
          bindings: { each },
        };
      });
    }
    const count = attributeOf(it.body, 'count');
    if (count === undefined) return [{ address, bindings: {} }];
    const at = (index: number) => ({ count: { key: text(String(index), this.where(from, it.start, it.start), []) } });
    const written = known(this.#evaluate(from, count, {}));
    const number = written === undefined || written === '' ? Number.NaN : Number(written);
    if (number === 0) return this.#hangsOnDefault(count) ? [{ address, bindings: at(0), isConditional: true }] : [];
    if (number === 1) return [{ address, bindings: at(0) }];
    if (!Number.isInteger(number) || number < 0) {
      const isConditional = mayBeNone(count);
      // One or none of a name is one that is told with doubt, not several that are missing.
      if (!isConditional) this.#note(placed, `how many there are of ${address} is not known: it is read as one`);
      return [{ address, bindings: { count: {} }, ...(isConditional ? { isConditional } : {}) }];
    }
    if (number > MAX_INSTANCES) this.#note(placed, `${number} of ${address}: the first ${MAX_INSTANCES} were read`);
    return Array.from({ length: Math.min(number, MAX_INSTANCES) }, (_, index) => ({
      address: `${address}[${index}]`,
      key: String(index),
      bindings: at(index),
    }));
  }

  /** What is gone over, with a note where that is not all. */
  #noted(each: Each | undefined, placed: Placed<Block>, what: string): Each['all'] | undefined {
    if (each === undefined) this.#note(placed, `how many there are of ${what} is not known: it is read as one`);
    else if (each.all.length >= MAX_INSTANCES && !each.isWhole)
      this.#note(placed, `there are too many of ${what}: the first ${MAX_INSTANCES} were read`);
    else if (!each.isWhole) this.#note(placed, `not all of ${what} are known by name: those are read as one`);
    return each?.all;
  }

  #note({ from, it }: Placed<Block>, why: string): void {
    if (it.type === 'resource' ? bearsOnIdentities(it.labels[0] ?? '') : it.type === 'module' || /_iam_/.test(it.labels[0] ?? ''))
      this.#notes.set(why, { path: from.file.path, why });
  }

  /** Is what it comes to made of a variable's default, which is seldom what the variable is in the end? */
  #hangsOnDefault(expression: Expression, seen = new Set<string>()): boolean {
    return referencesIn(expression).some((reference) => {
      const [root, name = ''] = reference.split('.');
      if ((root !== 'var' && root !== 'local') || seen.has(reference)) return false;
      seen.add(reference);
      if (root === 'var') return this.#given?.has(name) !== true && !this.#module.values.has(name);
      const local = this.#module.locals.get(name);
      return local !== undefined && this.#hangsOnDefault(local.it, seen);
    });
  }

  #evaluate(from: ModuleFile, expression: Expression, bindings: Bindings): Value | undefined {
    this.#step(1);
    this.#depth += 1;
    try {
      if (this.wasCut || this.#depth > MAX_DEPTH) return this.#unknown(from, expression, []);
      return this.#work(from, expression, bindings);
    } finally {
      this.#depth -= 1;
    }
  }

  #work(from: ModuleFile, expression: Expression, bindings: Bindings): Value | undefined {
    const where = this.where(from, expression.start, expression.end);
    switch (expression.kind) {
      case 'literal':
        return expression.value === null ? undefined : { kind: 'text', text: String(expression.value), isLiteral: true, where };
      case 'template':
        return this.#template(from, expression.parts, bindings, where);
      case 'list':
        return { kind: 'list', items: expression.items.flatMap((item) => this.#evaluate(from, item, bindings) ?? []), where };
      case 'object': {
        const entries = expression.entries.flatMap(({ key, value }) => {
          const name = this.#evaluate(from, key, bindings);
          const worked = this.#evaluate(from, value, bindings);
          return name === undefined || worked === undefined ? [] : [{ key: asText(name), value: worked }];
        });
        return { kind: 'map', entries, where };
      }
      case 'reference':
        return here(this.#reference(from, expression, bindings), where);
      case 'call':
        return this.#call(from, expression, bindings, where);
      case 'conditional': {
        const test = known(this.#evaluate(from, expression.test, bindings));
        if (test === 'true') return this.#evaluate(from, expression.whenTrue, bindings);
        if (test === 'false') return this.#evaluate(from, expression.whenFalse, bindings);
        return this.#either(from, expression, bindings);
      }
      case 'for':
        return this.#for(from, expression, bindings, where);
      default: {
        const operands = expression.operands.map((operand) => this.#evaluate(from, operand, bindings));
        return operate(expression.operator, operands, where) ?? this.#unknown(from, expression, operands);
      }
    }
  }

  #for(from: ModuleFile, expression: ForExpression, bindings: Bindings, where: Where): Value | undefined {
    const over = this.#evaluate(from, expression.over, bindings);
    if (over === undefined || over.kind === 'text' || over.kind === 'unknown' || this.#standing.has(over))
      return this.#unknown(from, expression, [over]);
    const pairs =
      over.kind === 'map'
        ? over.entries.map(({ key, value }) => [text(key, value.where, []), value] as const)
        : over.items.map((value, index) => [text(String(index), where, []), value] as const);
    const [first = '', second] = expression.names;
    const items: Value[] = [];
    const entries = new Map<string, Value>();
    const groups = new Map<string, Value[]>();
    for (const [key, value] of pairs.slice(0, MAX_ITEMS)) {
      if (this.wasCut) return this.#unknown(from, expression, []);
      const inner: Bindings = {
        ...bindings,
        ...(second === undefined ? { [first]: { itself: value } } : { [first]: { itself: key }, [second]: { itself: value } }),
      };
      if (expression.test !== undefined && known(this.#evaluate(from, expression.test, inner)) === 'false') continue;
      const worked = this.#evaluate(from, expression.value, inner);
      if (expression.key === undefined) {
        if (worked !== undefined) items.push(worked);
        continue;
      }
      const name = this.#evaluate(from, expression.key, inner);
      if (name === undefined || worked === undefined) continue;
      if (!expression.isGrouped) {
        entries.set(asText(name), worked);
        continue;
      }
      const group = groups.get(asText(name));
      if (group !== undefined) {
        group.push(worked);
        continue;
      }
      const all = [worked];
      groups.set(asText(name), all);
      entries.set(asText(name), { kind: 'list', items: all, where });
    }
    if (expression.key === undefined) return { kind: 'list', items, where };
    return { kind: 'map', entries: [...entries].map(([key, value]) => ({ key, value })), where };
  }

  /** Of two ways the one that says something, if the other does not. */
  #either(from: ModuleFile, expression: Extract<Expression, { kind: 'conditional' }>, bindings: Bindings): Value | undefined {
    const one = this.#evaluate(from, expression.whenTrue, bindings);
    const other = this.#evaluate(from, expression.whenFalse, bindings);
    if (isNothing(one)) return other ?? one;
    if (isNothing(other)) return one;
    if (known(one) !== undefined && known(one) === known(other)) return one;
    return this.#unknown(from, expression, [one, other]);
  }

  #template(from: ModuleFile, parts: readonly (string | Expression)[], bindings: Bindings, where: Where): Value {
    let written = '';
    const references = new Set<string>();
    let isKnown = true;
    let isSymbolic = false;
    for (const part of parts) {
      if (typeof part === 'string') {
        written += part;
        continue;
      }
      const worked = this.#evaluate(from, part, bindings);
      if (worked === undefined) continue;
      const value = this.#standing.has(worked) ? this.#unknown(from, part, []) : worked;
      if (value.kind === 'unknown') isKnown = false;
      if (value.kind === 'unknown' || value.kind === 'text')
        for (const reference of value.references ?? []) references.add(reference);
      isSymbolic ||= value.kind === 'text' && value.isSymbolic === true;
      written += asText(value);
      if (written.length > MAX_TEXT) return { kind: 'unknown', text: '…', references: [], where };
    }
    if (!isKnown) return { kind: 'unknown', text: written, references: [...references], where };
    return {
      kind: 'text',
      text: written,
      isLiteral: false,
      ...(isSymbolic ? { isSymbolic } : {}),
      ...(references.size > 0 ? { references: [...references] } : {}),
      where,
    };
  }

  #call(
    from: ModuleFile,
    expression: Extract<Expression, { kind: 'call' }>,
    bindings: Bindings,
    where: Where,
  ): Value | undefined {
    const given = expression.arguments.map((one) => this.#evaluate(from, one, bindings));
    if (expression.name === 'file' || expression.name === 'templatefile') {
      const content = this.#texts.get(pathFrom(from.file.path, known(given[0]) ?? ''));
      if (content === undefined) return this.#unknown(from, expression, given);
      const filled = content.replace(/\$\{\s*(?<name>\w+)\s*\}/g, (whole, name: string) => known(entry(given[1], name)) ?? whole);
      return { kind: 'text', text: filled, isLiteral: false, where };
    }
    const result = call(expression.name, given, where);
    if (result === undefined) return this.#unknown(from, expression, given);
    return this.#into(from, result, expression.steps, bindings, expression);
  }

  #reference(from: ModuleFile, expression: Reference, bindings: Bindings): Value | undefined {
    const { root, steps } = expression;
    const [first, ...rest] = steps;
    const name = typeof first === 'string' ? first : undefined;
    const bound: Binding | undefined = Object.hasOwn(bindings, root) ? bindings[root] : undefined;
    if (bound !== undefined) {
      if (bound.itself !== undefined) return this.#into(from, bound.itself, steps, bindings, expression);
      if (name === 'key' || name === 'index') return bound.key ?? this.#unknown(from, expression, []);
      if (name === 'value' && bound.value !== undefined) return this.#into(from, bound.value, rest, bindings, expression);
      return this.#unknown(from, expression, []);
    }
    if (root === 'var' && name !== undefined) {
      const value = this.#into(from, this.#variable(name), rest, bindings, expression);
      // A default is seldom what the variable is in the end.
      return value?.kind === 'text' && value.text !== '' ? { ...value, references: [`var.${name}`] } : value;
    }
    if (root === 'local' && name !== undefined) {
      return this.#into(from, this.#local(name), rest, bindings, expression);
    }
    if (root === 'path')
      return { kind: 'text', text: '.', isLiteral: false, where: this.where(from, expression.start, expression.end) };
    const isData = root === 'data' || root === 'ephemeral';
    const [type, label, after] = isData ? [name, rest[0], rest.slice(1)] : [root, first, rest];
    if (type === undefined || typeof label !== 'string') return this.#unknown(from, expression, []);
    const address = `${isData ? `${root}.` : ''}${type}.${label}`;
    if (!this.#byAddress.has(address)) return this.#unknown(from, expression, []);
    return this.#ofResource(from, address, after, bindings, expression);
  }

  #ofResource(
    from: ModuleFile,
    base: string,
    steps: readonly (string | Expression)[],
    bindings: Bindings,
    expression: Reference,
  ): Value | undefined {
    const instances = this.#instancesOf(base);
    if (steps.length === 0) return this.#whole(from, base, instances, expression);
    let [first, ...rest] = steps;
    let chosen: readonly Instance[] = instances.slice(0, 1);
    if (first === '*') {
      chosen = instances;
      [first, ...rest] = rest;
    } else if (first !== undefined && typeof first !== 'string') {
      const index = this.#evaluate(from, first, bindings);
      const found = instances.find((instance) => instance.key !== undefined && instance.key === known(index));
      if (instances.some((instance) => instance.key !== undefined)) {
        if (found === undefined) return this.#unknown(from, expression, [index]);
        chosen = [found];
      }
      [first, ...rest] = rest;
    } else if (instances.length > 1) return this.#unknown(from, expression, []);
    if (first === undefined) return this.#whole(from, base, chosen, expression, steps[0] !== '*');
    if (typeof first !== 'string') return this.#unknown(from, expression, []);
    const name = first;
    const values = chosen.map((instance) => this.#attribute(base, instance, name, from, expression));
    if (steps[0] === '*')
      return {
        kind: 'list',
        items: values.flatMap((value) => value ?? []),
        where: this.where(from, expression.start, expression.end),
      };
    const [value] = values;
    return value?.kind === 'unknown' ? value : this.#into(from, value, rest, bindings, expression);
  }

  /** A resource without any of its attributes: by key, or one after the other, if there are several. */
  #whole(
    from: ModuleFile,
    base: string,
    instances: readonly Instance[],
    expression: Reference,
    isOne = instances.every(({ key }) => key === undefined) && instances.length === 1,
  ): Value {
    const where = this.where(from, expression.start, expression.end);
    const values = instances.map((instance) => {
      const value: Value = { kind: 'map', entries: [], where };
      this.#standing.set(value, { base, instance });
      return value;
    });
    const [only] = values;
    if (isOne) return only ?? this.#unknown(from, expression, []);
    const placed = this.#byAddress.get(base);
    if (placed === undefined || attributeOf(placed.it.body, 'for_each') === undefined)
      return { kind: 'list', items: values, where };
    const entries = values.map((value, index) => ({ key: instances[index]?.key ?? NAMELESS, value }));
    return { kind: 'map', entries, where };
  }

  #attribute(
    base: string,
    { address, bindings }: Instance,
    name: string,
    from: ModuleFile,
    expression: Expression,
    own?: readonly string[],
  ): Value | undefined {
    const key = `${address} ${name}`;
    // What is not known is called by the words of who asks for it: `.a.role` and `.a.provider` are not one.
    if (this.#attributes.has(key)) return this.#attributes.get(key) ?? this.#unknown(from, expression, [], own);
    if (this.#busy.has(key)) return this.#unknown(from, expression, [], own);
    const placed = this.#byAddress.get(base);
    if (placed === undefined) return this.#unknown(from, expression, [], own);
    this.#busy.add(key);
    try {
      const value = this.#workAttribute(base, address, placed, name, bindings);
      this.#attributes.set(key, value);
      return value ?? this.#unknown(from, expression, [], own);
    } finally {
      this.#busy.delete(key);
    }
  }

  #workAttribute(base: string, address: string, placed: Placed<Block>, name: string, bindings: Bindings): Value | undefined {
    const { from, it } = placed;
    const where = this.where(from, it.start, it.start + it.type.length);
    const [type = ''] = it.labels;
    const own = (attributeName: string): Value | undefined => {
      const expression = attributeOf(it.body, attributeName);
      return expression === undefined ? undefined : this.#evaluate(from, expression, bindings);
    };
    if (type === 'aws_iam_policy_document' && (name === 'json' || name === 'minified_json')) {
      return documentOf(this.#body(placed, it, bindings));
    }
    const facts = this.#factsFor(it);
    const head: Resource = {
      mode: base.startsWith('data.') ? 'data' : 'managed',
      type,
      address,
      body: { kind: 'map', entries: fromProvider(facts, where), where },
      where,
      ...(facts.account === undefined ? {} : { account: facts.account }),
    };
    const made = computed(head, name, (key) => {
      const value = own(key);
      // A name that is put together of what is not known names nothing.
      return value?.kind === 'text' && value.isSymbolic !== true ? value : undefined;
    });
    if (made !== undefined)
      return { kind: 'text', text: made, isLiteral: false, ...(isStandIn(made) ? { isSymbolic: true } : {}), where };
    const value = own(name);
    if (value !== undefined) return value;
    const nested = it.body.blocks.filter((block) => block.type === name);
    if (nested.length === 0) return undefined;
    return { kind: 'list', items: nested.map((block) => this.#body(placed, block, bindings)), where };
  }

  #variable(name: string): Value | undefined {
    return this.#once(`var.${name}`, this.#variables, () => {
      const declared = this.#module.variables.get(name);
      if (this.#given?.has(name) === true && declared !== undefined) {
        const { from, it } = declared;
        return handedOn(this.#given.value(name), name, this.where(from, it.start, it.start + it.type.length));
      }
      const given = this.#given === undefined ? this.#module.values.get(name) : undefined;
      if (given !== undefined) return this.#evaluate(given.from, given.it, {});
      const byDefault = declared === undefined ? undefined : attributeOf(declared.it.body, 'default');
      return declared === undefined || byDefault === undefined ? undefined : this.#evaluate(declared.from, byDefault, {});
    });
  }

  #local(name: string): Value | undefined {
    return this.#once(`local.${name}`, this.#locals, () => {
      const placed = this.#module.locals.get(name);
      return placed === undefined ? undefined : this.#evaluate(placed.from, placed.it, {});
    });
  }

  #once(name: string, memory: Map<string, Value | undefined>, work: () => Value | undefined): Value | undefined {
    if (memory.has(name)) return memory.get(name);
    if (this.#busy.has(name)) return undefined;
    this.#busy.add(name);
    try {
      const value = work();
      memory.set(name, value);
      return value;
    } finally {
      this.#busy.delete(name);
    }
  }

  /** `.name`, `[0]`, `["key"]` into a value. */
  #into(
    from: ModuleFile,
    value: Value | undefined,
    steps: readonly (string | Expression)[],
    bindings: Bindings,
    expression: Expression,
  ): Value | undefined {
    let current = value;
    for (const [index, step] of steps.entries()) {
      if (current === undefined || current.kind === 'unknown') break;
      const standing = this.#standing.get(current);
      if (standing !== undefined) {
        if (typeof step !== 'string' || step === '*') break;
        current = this.#attribute(standing.base, standing.instance, step, from, expression, [`${standing.base}.${step}`]);
        continue;
      }
      if (step === '*') {
        const rest = steps.slice(index + 1);
        if (current.kind !== 'list' || rest.length === 0) continue;
        const { where } = current;
        const items = current.items.flatMap((item) => this.#into(from, item, rest, bindings, expression) ?? []);
        return { kind: 'list', items, where };
      }
      const key: string | undefined = typeof step === 'string' ? step : known(this.#evaluate(from, step, bindings));
      if (current.kind === 'list' && key !== undefined && /^\d+$/.test(key)) current = current.items[Number(key)];
      else if (current.kind === 'map' && key !== undefined) current = entry(current, key);
      else current = undefined;
    }
    return current ?? this.#unknown(from, expression, []);
  }

  /** Never the text of the expression, which may hold a secret: what it is made of. */
  #unknown(
    from: ModuleFile,
    expression: Expression,
    parts: readonly (Value | undefined)[],
    own?: readonly string[],
  ): UnknownValue {
    const references = new Set(own ?? referencesIn(expression));
    for (const part of parts) if (part?.kind === 'unknown') for (const reference of part.references) references.add(reference);
    const named = expression.kind === 'reference' ? [nameOf(expression)] : [...references].slice(0, 5);
    return {
      kind: 'unknown',
      text: `\${${named.length === 0 ? '…' : named.join(', ')}}`,
      references: [...references],
      where: this.where(from, expression.start, expression.end),
    };
  }
}

/** What is left for several that are worked out for one. */
export interface Steps {
  steps: number;
}

/** Of one resource, by its `dynamic` blocks. */
interface Made {
  blocks: number;
}

/** What a call of the module gives its variables. */
export interface Given {
  has(name: string): boolean;
  value(name: string): Value | undefined;
}

/** Account and project of a provider by its name: `aws`, `aws.prod`. */
export type ProviderFacts = (provider: string) => {
  readonly account?: string;
  readonly project?: string;
  readonly owner?: string;
  readonly tags?: MapValue;
};

/** What a resource has from its provider, under names that no argument has. */
function fromProvider({ project, owner, tags }: ReturnType<ProviderFacts>, where: Where): MapValue['entries'] {
  const texts = Object.entries({ '@project': project, '@owner': owner });
  return [
    ...texts.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: text(value, where, []) }])),
    ...(tags === undefined ? [] : [{ key: '@tags', value: tags }]),
  ];
}

/** Something that was not read as it is, and the file that it stands in. */
export interface Note {
  readonly path: string;
  readonly why: string;
}

export function addressOf(block: Block): string {
  const [type = '', name = ''] = block.labels;
  return block.type === 'resource' ? `${type}.${name}` : `${block.type}.${type}.${name}`;
}

/** Brought by a reference: what is told of it is told where it is used. Structures keep the places of their parts. */
function here(value: Value | undefined, where: Where): Value | undefined {
  if (value?.kind === 'text') return { ...value, isLiteral: false, where };
  return value?.kind === 'unknown' ? { ...value, where } : value;
}

function isNothing(value: Value | undefined): boolean {
  return (
    value === undefined ||
    known(value) === '' ||
    (value.kind === 'list' && value.items.length === 0) ||
    (value.kind === 'map' && value.entries.length === 0)
  );
}

/** Does one of its ways make none: `var.on ? 1 : 0`? */
function mayBeNone(expression: Expression): boolean {
  if (expression.kind !== 'conditional') return false;
  return [expression.whenTrue, expression.whenFalse].some(
    (one) =>
      (one.kind === 'literal' && one.value === 0) ||
      (one.kind === 'list' && one.items.length === 0) ||
      (one.kind === 'object' && one.entries.length === 0) ||
      (one.kind === 'call' &&
        one.arguments.length === 1 &&
        /^to(?:set|map|list)$/.test(one.name) &&
        one.arguments.some(isEmptyList)) ||
      mayBeNone(one),
  );
}

function isEmptyList(expression: Expression): boolean {
  return expression.kind === 'list' && expression.items.length === 0;
}

/** Names of all that an expression refers to, first come first. */
function referencesIn(expression: Expression): string[] {
  const found: string[] = [];
  const pending: Expression[] = [expression];
  for (let one = pending.pop(); one !== undefined && found.length < 20; one = pending.pop()) {
    if (one.kind === 'reference') {
      found.push(nameOf(one));
      pending.push(...one.steps.filter((step) => typeof step !== 'string'));
    } else if (one.kind === 'template') pending.push(...one.parts.filter((part) => typeof part !== 'string'));
    else if (one.kind === 'call') pending.push(...one.arguments.toReversed());
    else if (one.kind === 'list') pending.push(...one.items.toReversed());
    else if (one.kind === 'object') for (const { value } of one.entries) pending.push(value);
    else if (one.kind === 'conditional') pending.push(one.whenFalse, one.whenTrue, one.test);
    else if (one.kind === 'for') pending.push(...[one.test, one.value, one.key, one.over].filter((part) => part !== undefined));
    else if (one.kind === 'operation') pending.push(...one.operands.toReversed());
  }
  return [...new Set(found)];
}

function nameOf({ root, steps }: Reference): string {
  return [root, ...steps.filter((step) => typeof step === 'string')].join('.');
}
