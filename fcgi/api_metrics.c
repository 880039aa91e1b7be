/*
 * GET /metrics: this worker's numbers. Only nginx's own listener for them
 * passes this path (nginx/holdfast.conf.in).
 */
#include "config.h"

#include "fcgi/metrics.h"
#include "fcgi/prom_text.h"
#include "fcgi/router.h"

void api_metrics(struct site *site, const struct http_request *request,
		 struct http_reply *reply)
{
	HF_UNUSED(request);
	reply->status = 200;
	reply->type = PROM_TYPE;
	metrics_look(site->metrics, site->booking.store);
	metrics_show(site->metrics, &reply->body);
}
