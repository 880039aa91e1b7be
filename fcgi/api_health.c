/*
 * GET /healthz: which of the services behind this worker answers now.
 */
#include "config.h"

#include "fcgi/router.h"

void api_health(struct site *site, const struct http_request *request,
		struct http_reply *reply)
{
	bool lock = hold_ping(site->booking.hold) == 0;
	bool store = store_ping(site->booking.store) == 0;

	HF_UNUSED(request);
	reply->status = lock && store ? 200 : 503;
	reply->retry_after_s = lock && store ? 0 : 2;
	hf_buf_printf(&reply->body,
		      "{\"status\":\"%s\",\"lock_service\":\"%s\","
		      "\"database\":\"%s\"}",
		      lock && store ? "ok" : "error",
		      lock ? "ok" : "unreachable",
		      store ? "ok" : "unreachable");
}
