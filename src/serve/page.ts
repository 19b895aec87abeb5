/** The page of `serve`: what people see in a browser. Nothing of it comes from elsewhere. */
import { withHeaders } from "./answers.ts";
import html from "./page/page.html" with { type: "text" };
import script from "./page/page.js" with { type: "text" };
import style from "./page/page.css" with { type: "text" };

/** Only what this server gives, no inline script or style, no frame, no form to elsewhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * The page itself.
 *
 * @param how.wantsToken Whether it shows the form for the token first.
 * @param how.mayCancel Whether it offers to cancel.
 */
export function pageAnswer(
  { wantsToken, mayCancel }: { readonly wantsToken: boolean; readonly mayCancel: boolean },
): Response {
  const marks = `${wantsToken ? "data-wants-token " : ""}${mayCancel ? "data-may-cancel " : ""}`;
  return file(html.replace("<body ", `<body ${marks}`), "text/html; charset=utf-8");
}

/** The other files of the page, by path; they tell nothing, so everybody may have them. */
export const PAGE_FILES: ReadonlyMap<string, () => Response> = new Map([
  ["/page.css", () => file(style, "text/css; charset=utf-8")],
  ["/page.js", () => file(script, "text/javascript; charset=utf-8")],
]);

function file(text: string, type: string): Response {
  return new Response(text, {
    headers: withHeaders({
      "Content-Type": type,
      "Content-Security-Policy": POLICY,
      // With none at all, a browser would not say either that the form comes from here.
      "Referrer-Policy": "same-origin",
    }),
  });
}
