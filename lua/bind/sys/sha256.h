/* SPDX-License-Identifier: MIT
 * SHA-256 (FIPS 180-4), for the checksum of a runbook in its report. Its own few lines, so that a command
 * that needs no TLS does not load libcrypto. */
#ifndef DP_BIND_SHA256_H
#define DP_BIND_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define DP_SHA256_BYTES 32

void dp_sha256(const void *data, size_t size_bytes, uint8_t digest[DP_SHA256_BYTES]);

#endif
