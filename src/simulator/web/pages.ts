/** The HTML that SwarmUI shows to people (`swarmui-protocol.md §2`). */
import { type HttpReply, textReply } from "../wire/http_reply.ts";

const STATUSES: Readonly<Record<string, number>> = {
  NoGetAPI: 200,
  BasicAPI: 200,
  Permissions: 200,
  Internal: 500,
  "404": 404,
};

/** The page at `/Error/<name>`; `null` if there is none of that name. */
export function errorPage(name: string): HttpReply | null {
  const status = STATUSES[name];
  return status === undefined ? null : htmlPage(`Error ${name}`, status);
}

/** A page of the web interface. */
export function htmlPage(title: string, status: number): HttpReply {
  const html = `<!DOCTYPE html>
<html>
<head>
    <meta charset="utf-8" />
    <title id="page_title">${title} - SwarmUI - Local</title>
</head>
<body>${title}</body>
</html>
`;
  return textReply(html, { status, contentType: "text/html; charset=utf-8" });
}
