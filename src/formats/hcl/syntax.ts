/** What HCL (Terraform, OpenTofu, Packer) is made of; every node knows where it stands. Expressions are kept, not evaluated. */
export interface Body {
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly Block[];
}

interface Placed {
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
}

export interface Attribute extends Placed {
  readonly name: string;
  readonly value: Expression;
}

export interface Block extends Placed {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
}

export type Expression =
  | Literal
  | Template
  | Reference
  | Call
  | ListExpression
  | ObjectExpression
  | Conditional
  | ForExpression
  | Operation;

export interface Literal extends Placed {
  readonly kind: 'literal';
  readonly value: string | number | boolean | null;
}

/** Quoted text or heredoc with `${}` in it. */
export interface Template extends Placed {
  readonly kind: 'template';
  readonly parts: readonly (string | Expression)[];
}

/** `aws_iam_role.deploy[each.key].arn` */
export interface Reference extends Placed {
  readonly kind: 'reference';
  readonly root: string;
  /** An expression is an index; `*` is a splat. */
  readonly steps: readonly (string | Expression)[];
}

export interface Call extends Placed {
  readonly kind: 'call';
  readonly name: string;
  readonly arguments: readonly Expression[];
  /** What is taken of the result: `merge(…).name`. */
  readonly steps: readonly (string | Expression)[];
}

export interface ListExpression extends Placed {
  readonly kind: 'list';
  readonly items: readonly Expression[];
}

export interface ObjectExpression extends Placed {
  readonly kind: 'object';
  readonly entries: readonly { readonly key: Expression; readonly value: Expression }[];
}

export interface Conditional extends Placed {
  readonly kind: 'conditional';
  readonly test: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
}

/** `[for k, v in xs : v if test]`, `{for v in xs : key => v}`, with `...` for groups. */
export interface ForExpression extends Placed {
  readonly kind: 'for';
  readonly names: readonly string[];
  readonly over: Expression;
  /** Of an object. */
  readonly key?: Expression;
  readonly value: Expression;
  readonly test?: Expression;
  readonly isGrouped: boolean;
}

/** Operators, directives: what is in it can be looked through. */
export interface Operation extends Placed {
  readonly kind: 'operation';
  /** `==`, `!`, `index`, `directive` … */
  readonly operator: string;
  readonly operands: readonly Expression[];
}
