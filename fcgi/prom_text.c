#include "config.h"

#include "fcgi/prom_text.h"

void prom_family(struct hf_buf *out, const char *name, const char *type,
		 const char *help)
{
	hf_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		      type);
}

static void begin(struct hf_buf *out, const char *name, const char *labels)
{
	hf_buf_add_slice(out, hf_slice_of(name));
	if (labels[0] != '\0')
		hf_buf_printf(out, "{%s}", labels);
}

void prom_count(struct hf_buf *out, const char *name, const char *labels,
		uint64_t value)
{
	begin(out, name, labels);
	hf_buf_printf(out, " %llu\n", (unsigned long long)value);
}

void prom_number(struct hf_buf *out, const char *name, const char *labels,
		 double value)
{
	begin(out, name, labels);
	hf_buf_printf(out, " %.17g\n", value);
}

void prom_times_add(struct prom_times *sum, const struct meter_times *times)
{
	for (size_t i = 0; i <= METER_BOUNDS; i++)
		sum->buckets[i] += meter_get(&times->buckets[i]);
	sum->sum_us += meter_get(&times->sum_us);
}

static void show_bucket(struct hf_buf *out, const char *name,
			const char *labels, size_t i, uint64_t n)
{
	const char *comma = labels[0] != '\0' ? "," : "";

	if (i == METER_BOUNDS)
		hf_buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", name,
			      labels, comma, (unsigned long long)n);
	else
		hf_buf_printf(out, "%s_bucket{%s%sle=\"%g\"} %llu\n", name,
			      labels, comma, meter_bounds_us[i] / 1e6,
			      (unsigned long long)n);
}

static void begin_part(struct hf_buf *out, const char *name, const char *part,
		       const char *labels)
{
	hf_buf_add_slice(out, hf_slice_of(name));
	begin(out, part, labels);
}

void prom_times_show(struct hf_buf *out, const char *name, const char *labels,
		     const struct prom_times *times)
{
	uint64_t n = 0;

	for (size_t i = 0; i <= METER_BOUNDS; i++) {
		n += times->buckets[i];
		show_bucket(out, name, labels, i, n);
	}
	begin_part(out, name, "_sum", labels);
	hf_buf_printf(out, " %.6f\n", (double)times->sum_us / 1e6);
	begin_part(out, name, "_count", labels);
	hf_buf_printf(out, " %llu\n", (unsigned long long)n);
}
