#include "config.h"

#include "libhold/crc32c.h"

#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* reflected */

/* Four bits a step: 16 entries need no start-up and little cache. */
static const uint32_t nibbles[16] = {
#define STEP(x)  (((x) >> 1) ^ ((x)&1 ? POLYNOMIAL : 0))
#define ENTRY(n) STEP(STEP(STEP(STEP((uint32_t)(n)))))
	ENTRY(0),  ENTRY(1),  ENTRY(2),  ENTRY(3),  ENTRY(4),  ENTRY(5),
	ENTRY(6),  ENTRY(7),  ENTRY(8),  ENTRY(9),  ENTRY(10), ENTRY(11),
	ENTRY(12), ENTRY(13), ENTRY(14), ENTRY(15),
};

static uint32_t by_table(uint32_t crc, const unsigned char *p, size_t len)
{
	for (; len > 0; p++, len--) {
		crc ^= *p;
		crc = (crc >> 4) ^ nibbles[crc & 15];
		crc = (crc >> 4) ^ nibbles[crc & 15];
	}
	return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(
    uint32_t crc, const unsigned char *p, size_t len)
{
	uint64_t wide = crc;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, p, sizeof(word));
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	for (; len > 0; p++, len--)
		crc = __builtin_ia32_crc32qi(crc, *p);
	return crc;
}
#endif

uint32_t hf_crc32c_by_table(uint32_t crc, const void *data, size_t len)
{
	return ~by_table(~crc, data, len);
}

uint32_t hf_crc32c(uint32_t crc, const void *data, size_t len)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~by_instruction(~crc, data, len);
#endif
	return hf_crc32c_by_table(crc, data, len);
}
