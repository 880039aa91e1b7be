#include "config.h"

#include "fcgi/post.h"

#include "fcgi/url.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#define SCHEME "unix://"

struct post {
	CURL *curl;
	struct curl_slist *headers;
	bool away; /* reported already: one line an outage */
};

/* What nginx says of the channel is of no interest. */
static size_t drop(char *data, size_t size, size_t n, void *arg)
{
	HF_UNUSED(data);
	HF_UNUSED(arg);
	return size * n;
}

/* libcurl copies strings. */
static void set_up(struct post *post, const char *path)
{
	CURL *curl = post->curl;

	post->headers =
	    curl_slist_append(post->headers, "Content-Type: application/json");
	post->headers = curl_slist_append(post->headers, "Expect:");
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, path);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)POST_MS);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, post->headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
}

const char *post_url_parse(const char *url, char **path_out)
{
	if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
		return "it is unix:///path";
	return url_unix_path(url + strlen(SCHEME), path_out);
}

struct post *post_new(const char *url, const char **reason_out)
{
	struct post *post;
	char *path = NULL;

	*reason_out = post_url_parse(url, &path);
	if (*reason_out != NULL)
		return NULL;
	post = hf_new(struct post);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	post->curl = curl_easy_init();
	if (post->curl == NULL)
		hf_fatalx("cannot start libcurl");
	set_up(post, path);
	free(path);
	return post;
}

void post_free(struct post **post)
{
	if (*post == NULL)
		return;
	curl_easy_cleanup((*post)->curl);
	curl_slist_free_all((*post)->headers);
	curl_global_cleanup();
	free(*post);
	*post = NULL;
}

static enum post_result failed(struct post *post, const char *why, long status)
{
	if (!post->away)
		hf_warnx("live updates are lost: %s status=%ld", why, status);
	post->away = true;
	return POST_FAILED;
}

enum post_result post_send(struct post *post, const char *event,
			   struct hf_slice frame)
{
	CURL *curl = post->curl;
	char url[128];
	long status = 0;
	CURLcode rc;

	snprintf(url, sizeof(url), "http://publisher/%s", event);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)frame.len);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, frame.data);
	rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (rc != CURLE_OK)
		return failed(post, curl_easy_strerror(rc), status);
	if (status == 429)
		return POST_TOO_SOON;
	if (status < 200 || status > 299)
		return failed(post, "nginx did not take a frame", status);
	if (post->away)
		hf_info("live updates are back");
	post->away = false;
	return POST_DONE;
}
