/*
 * CRC-32C (Castagnoli), as iSCSI, ext4 and btrfs use it.
 *
 * Source: RFC 3720, 12.1 and appendix B.4 (whose vectors the tests use). The
 * processor's instruction where there is one, else a table.
 */
#ifndef HOLD_CRC32C_H
#define HOLD_CRC32C_H

#include "libhold/base.h"

/* The sum of data going on from crc (0 to begin). */
uint32_t hf_crc32c(uint32_t crc, const void *data, size_t len);

/* The same, always by the table: what other processors get. */
uint32_t hf_crc32c_by_table(uint32_t crc, const void *data, size_t len);

#endif
