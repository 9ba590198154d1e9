/* SPDX-License-Identifier: MIT */
/* plug_checksum: every variant, every alignment, any pieces and any update against the definition.
 */
#include "fuzz.h"
#include <plug/bytes.h>
#include <plug/checksum.h>

static uint16_t definition(const uint8_t *b, size_t len)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += i % 2 ? b[i] : (uint64_t)b[i] << 8;
    return (uint16_t) ~(sum % 65535 ? sum % 65535 : sum ? 65535 : 0);
}

static void in_pieces(const uint8_t *data, size_t size, uint8_t step, uint16_t want)
{
    struct plug_checksum c = {0};
    for (size_t at = 0, n; at < size; at += n) {
        n = 1 + (at * 31 + step) % (1 + step);
        if (n > size - at)
            n = size - at;
        plug_checksum_add(&c, data + at, n);
    }
    FUZZ_CHECK(plug_checksum_finish(&c) == want);
}

static void updated(uint8_t *data, size_t size, size_t at, uint32_t now, uint16_t sum)
{
    uint32_t was = plug_get_be32(data + at);
    uint16_t was16 = plug_get_be16(data + at);

    plug_put_be16(data + at, (uint16_t)now);
    uint16_t want = definition(data, size), got = plug_checksum_update16(sum, was16, (uint16_t)now);
    FUZZ_CHECK(got == want || (got == 0 && want == 0xffff));
    plug_put_be32(data + at, now);
    want = definition(data, size);
    got = plug_checksum_update32(sum, was, now);
    FUZZ_CHECK(got == want || (got == 0 && want == 0xffff));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t at = fuzz_choice(&data, &size) % 64, step = fuzz_choice(&data, &size);
    uint16_t want = definition(data, size), got;
    uint8_t *room = malloc(at + size + 1), *copy = room + at;
    const char *name;

    FUZZ_CHECK(room != NULL);
    memcpy(copy, data, size);
    FUZZ_CHECK(plug_checksum(copy, size) == want);
    for (size_t i = 0; (name = plug_checksum_variant(i)); i++)
        FUZZ_CHECK(plug_checksum_with(name, copy, size, &got) == 0 && got == want);
    in_pieces(copy, size, step, want);
    if (size >= 4)
        updated(copy, size, step % (size - 3) & ~(size_t)1, (uint32_t)step * 0x01010100u, want);
    free(room);
    return 0;
}
