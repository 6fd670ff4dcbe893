import { jsonText } from '../../src/util/sanitize.ts';
import { EDGE_KINDS, NAMESPACE, NODE_KINDS, RUN_KIND } from './kinds.ts';

/** Of the kinds, not of this program: raised when they change. */
const VERSION = 'v1.0.0';

/**
 * The extension's definition, uploaded once in front of the data: without it BloodHound shows the graph, but no path leads over
 * its edges. https://bloodhound.specterops.io/opengraph/developer/graph-definition
 */
export function extensionText(): string {
  const definition = {
    schema: { name: 'NHIAudit', display_name: 'Non-human identities (nhi-audit)', version: VERSION, namespace: NAMESPACE },
    node_kinds: [...Object.values(NODE_KINDS), RUN_KIND].map(({ name, title, description, icon, color }) => ({
      name,
      display_name: title,
      description,
      is_display_kind: true,
      icon,
      color,
    })),
    relationship_kinds: Object.values(EDGE_KINDS).map(({ name, description, isTraversable }) => ({
      name,
      description,
      is_traversable: isTraversable,
    })),
  };
  return `${jsonText(definition, 2)}\n`;
}
