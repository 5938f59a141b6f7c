/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what both kinds of image share: files, the first GDT. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"

int boot_write_gdt(const struct guest_mem *mem)
{
    static const uint64_t gdt[4] = {0, 0, 0x00CF9B000000FFFFull, 0x00CF93000000FFFFull};
    void *at = guest_at(mem, BOOT_GDT, sizeof(gdt));

    if (!at)
        return -EFAULT;
    memcpy(at, gdt, sizeof(gdt));
    return 0;
}

int blob_open(struct blob *b, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
    void *data = NULL;

    *b = (struct blob){.name = path};
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        rc = -errno;
    else if (!S_ISREG(st.st_mode))
        rc = -EINVAL;
    if (rc == 0 && st.st_size > 0) {
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        rc = data == MAP_FAILED ? -errno : 0;
    }
    close(fd);
    if (rc == 0) {
        b->data = data;
        b->bytes = (size_t)st.st_size;
    }
    return rc;
}

void blob_close(struct blob *b)
{
    if (b->data)
        munmap((void *)(uintptr_t)b->data, b->bytes);
    b->data = NULL;
}
