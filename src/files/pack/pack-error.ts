/** A pack or its index is not as it should be, or of a kind that is not read here. What lies in it is left to git. */
export class PackError extends Error {}
