#include "config.h"

#include "fcgi/form_page.h"

#include "fcgi/html_out.h"

#include <stdio.h>

void form_page_begin(struct http_reply *reply, int status,
		     const struct form_page *page)
{
	struct hf_buf *out = &reply->body;

	hf_buf_truncate(out, 0);
	reply->status = status;
	reply->type = "text/html; charset=utf-8";
	hf_buf_printf(out,
		      "<!doctype html>\n<html lang=\"en\">\n<head>\n"
		      "<meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" "
		      "content=\"width=device-width, initial-scale=1\">\n"
		      "<meta name=\"color-scheme\" content=\"light dark\">\n"
		      "<meta name=\"robots\" content=\"noindex\">\n");
	if (page->refresh_s > 0)
		hf_buf_printf(
		    out, "<meta http-equiv=\"refresh\" content=\"%lld\">\n",
		    (long long)page->refresh_s);
	html_fill(out,
		  "<title>% · Holdfast</title>\n"
		  "<link rel=\"icon\" href=\"/icon.svg\" "
		  "type=\"image/svg+xml\">\n"
		  "<link rel=\"stylesheet\" href=\"/css/base.css\">\n"
		  "<link rel=\"stylesheet\" href=\"/css/plain.css\">\n"
		  "</head>\n<body>\n<header class=\"top\">\n"
		  "<a class=\"brand\" href=\"/plain/\">"
		  "<span class=\"brand-mark\" aria-hidden=\"true\"></span>"
		  "Holdfast</a>\n</header>\n<main>\n<h1>%</h1>\n",
		  page->title, page->title);
}

void form_page_end(struct http_reply *reply)
{
	hf_buf_printf(&reply->body, "</main>\n</body>\n</html>\n");
}

void form_page_say(struct http_reply *reply, int status, const char *title,
		   const char *words, const char *back)
{
	const struct form_page page = { .title = title };

	form_page_begin(reply, status, &page);
	html_fill(&reply->body,
		  "<p class=\"notice\" data-kind=\"bad\" role=\"alert\">%</p>\n"
		  "<p><a class=\"button\" href=\"%\">%</a></p>\n",
		  words, back != NULL ? back : "/plain/",
		  back != NULL ? "Back to the seats" : "To the start");
	form_page_end(reply);
}

void form_page_away(struct http_reply *reply)
{
	reply->retry_after_s = 2;
	form_page_say(reply, 503, "Not reachable",
		      "The ticket service cannot be reached. Wait a moment, "
		      "then load this page again: nothing is done twice.",
		      NULL);
}

void form_page_go(struct http_reply *reply, const char *path)
{
	hf_buf_truncate(&reply->body, 0);
	reply->status = 303;
	reply->type = "text/html; charset=utf-8";
	snprintf(reply->location, sizeof(reply->location), "%s", path);
}
