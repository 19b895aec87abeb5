/** The text of a new configuration file. */
import { renderYaml } from "../../render/yaml.ts";
import type { ConfigMap, ConfigNode } from "./config_file.ts";

const HEAD = `# Settings of asset-generator. An option or a variable counts more than this file.
# "asset-generator config set KEY VALUE" changes a setting and keeps the comments;
# "asset-generator config view" shows all of them, and where each comes from.
`;

const EXAMPLES = `
# api-url: http://127.0.0.1:7801

# Several servers, chosen with --server NAME:
# default-server: studio
# servers:
#   studio:
#     api-url: http://127.0.0.1:7801
#   gpu2:
#     api-url: https://gpu2.example/swarm
#     token-file: ~/.secrets/gpu2

# Defaults of the options of "generate image":
# generate:
#   steps: 25
#   save-images: true
#   output-dir: out
`;

/** @param values The settings for it; `null`: only examples. */
export function initText(values: ConfigMap | null): string {
  return HEAD + EXAMPLES +
    (values === null || values.size === 0 ? "" : `\n${renderYaml(plain(values))}`);
}

function plain(node: ConfigNode): unknown {
  if (node instanceof Map) {
    return Object.fromEntries([...(node as ConfigMap)].map(([name, each]) => [name, plain(each)]));
  }
  return typeof node === "string" ? scalar(node) : (node as readonly ConfigNode[]).map(plain);
}

/** Numbers and switches need no quotes here: they are read as they are typed. */
function scalar(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return String(Number(text)) === text && /^\d/.test(text) ? Number(text) : text;
}
