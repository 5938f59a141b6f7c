/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the way of the hypervisor's image to its place, and into it. */
#include "image.h"

#include "hv/lib.h"

const char *image_place(const void *file, uint64_t bytes, const struct bn_range *room,
                        struct bn_boot_info *info)
{
    const struct bn_image *image = file;

    if (bytes < sizeof(*image) || image->magic != BN_IMAGE_MAGIC)
        return "is not the hypervisor's image";
    if (image->version != BN_BOOT_VERSION)
        return "is of another release than this loader";
    if (image->bytes < bytes)
        return "says that it needs less memory than it has";
    if (image->bytes > room->bytes)
        return "needs more memory than the scenario gives it: give it more";
    info->image_base = room->hpa;
    info->image_bytes = image->bytes;
    memset((void *)room->hpa, 0, image->bytes);
    memcpy((void *)room->hpa, file, bytes);
    return NULL;
}

void image_enter(struct bn_boot_info *info, const struct bn_scenario *s)
{
    info->magic = BN_BOOT_MAGIC;
    info->version = BN_BOOT_VERSION;
    info->bytes = sizeof(*info);
    info->scenario = (uint64_t)s;
    info->tsc_entry = loader_tsc_entry;
    info->crc = bn_crc32(0, info, sizeof(*info));
    __asm__ volatile("cli; cld; xor %%ebp, %%ebp; xor %%esp, %%esp; jmp *%0"
                     :
                     : "a"(info->image_base), "D"(info)
                     : "memory");
    __builtin_unreachable();
}
