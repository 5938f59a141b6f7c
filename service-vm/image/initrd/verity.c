/* SPDX-License-Identifier: BSD-3-Clause */
/* The verity table file, the search for its partition, and the three device-mapper calls that open
 * it. */
#include "verity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Copies a value into its field once; a second or an overlong one is an error. */
static int set_field(char *field, size_t size, const char *value)
{
    if (field[0] != '\0' || value[0] == '\0' || strlen(value) >= size)
        return -EINVAL;
    strcpy(field, value);
    return 0;
}

static int parse_line(char *line, struct verity_spec *spec)
{
    char *value = strchr(line, ' ');
    char *end;

    if (value == NULL)
        return -EINVAL;
    *value++ = '\0';
    if (strcmp(line, "device") == 0)
        return set_field(spec->device, sizeof spec->device, value);
    if (strcmp(line, "fstype") == 0)
        return set_field(spec->fstype, sizeof spec->fstype, value);
    if (strcmp(line, "table") == 0)
        return set_field(spec->table, sizeof spec->table, value);
    if (strcmp(line, "sectors") == 0 && spec->sectors == 0 && value[0] >= '1' && value[0] <= '9') {
        errno = 0;
        spec->sectors = strtoull(value, &end, 10);
        return errno == 0 && *end == '\0' ? 0 : -EINVAL;
    }
    return -EINVAL;
}

int verity_parse_spec(const char *text, struct verity_spec *spec)
{
    char line[640];

    memset(spec, 0, sizeof *spec);
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");

        if (n >= sizeof line)
            return -EINVAL;
        memcpy(line, text, n);
        line[n] = '\0';
        if (n > 0 && parse_line(line, spec) != 0)
            return -EINVAL;
        text += n + (text[n] == '\n');
    }
    if (spec->device[0] == '\0' || spec->fstype[0] == '\0' || spec->table[0] == '\0' ||
        spec->sectors == 0)
        return -EINVAL;
    return 0;
}

/* Reads a small file whole, NUL-terminated. 0, negative errno, -EFBIG when it does not fit. */
static int read_small(const char *path, char *text, size_t size)
{
    size_t used = 0;
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    while (used < size && (n = read(fd, text + used, size - used)) > 0)
        used += (size_t)n;
    close(fd);
    if (n < 0)
        return -EIO;
    if (used == size)
        return -EFBIG;
    text[used] = '\0';
    return 0;
}

int verity_read_spec(const char *path, struct verity_spec *spec)
{
    char text[4096];
    int rc = read_small(path, text, sizeof text);

    return rc != 0 ? rc : verity_parse_spec(text, spec);
}

int verity_expand(const char *table, const char *device, char *out, size_t size)
{
    size_t used = 0;

    for (; *table != '\0'; table++) {
        const char *piece = *table == '@' ? device : table;
        size_t n = *table == '@' ? strlen(device) : 1;

        if (n >= size - used)
            return -E2BIG;
        memcpy(out + used, piece, n);
        used += n;
    }
    out[used] = '\0';
    return 0;
}

/* Does /sys/class/block/NODE/uevent say PARTNAME=WANTED? */
static int has_partition_name(const char *node, const char *wanted)
{
    char path[320], text[1024], line[96];

    snprintf(path, sizeof path, "/sys/class/block/%s/uevent", node);
    snprintf(line, sizeof line, "\nPARTNAME=%s\n", wanted);
    return read_small(path, text, sizeof text) == 0 && strstr(text, line) != NULL;
}

int verity_find_device(const char *device, char *path, size_t size)
{
    int rc = -ENOENT;
    struct dirent *entry;
    DIR *blocks;

    if (strncmp(device, "path:", 5) == 0) {
        if (strlen(device + 5) >= size)
            return -EINVAL;
        strcpy(path, device + 5);
        return access(path, R_OK) == 0 ? 0 : -ENOENT;
    }
    if (strncmp(device, "partname:", 9) != 0)
        return -EINVAL;
    blocks = opendir("/sys/class/block");
    if (blocks == NULL)
        return -errno;
    while (rc == -ENOENT && (entry = readdir(blocks)) != NULL)
        if (entry->d_name[0] != '.' && has_partition_name(entry->d_name, device + 9)) {
            int n = snprintf(path, size, "/dev/%s", entry->d_name);

            rc = n > 0 && (size_t)n < size ? 0 : -EINVAL;
        }
    closedir(blocks);
    return rc;
}

/* One device-mapper call; the buffer holds struct dm_ioctl and what follows it. */
static int dm_call(int control, unsigned long call, void *buffer, size_t size, const char *name,
                   uint32_t flags)
{
    struct dm_ioctl *io = buffer;

    memset(io, 0, sizeof *io);
    io->version[0] = DM_VERSION_MAJOR;
    io->data_size = (uint32_t)size;
    io->data_start = sizeof *io;
    io->flags = flags;
    snprintf(io->name, sizeof io->name, "%s", name);
    io->target_count = call == DM_TABLE_LOAD ? 1 : 0;
    return ioctl(control, call, io) == 0 ? 0 : -errno;
}

int verity_open(const struct verity_spec *spec, const char *device, const char *name)
{
    static union {
        struct {
            struct dm_ioctl io;
            struct dm_target_spec target;
            char parameters[1024];
        };
        uint64_t align;
    } buffer;
    int control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
    int rc;

    if (control < 0)
        return -errno;
    memset(&buffer, 0, sizeof buffer);
    rc = dm_call(control, DM_DEV_CREATE, &buffer, sizeof buffer, name, DM_READONLY_FLAG);
    if (rc != 0)
        goto out;
    rc = verity_expand(spec->table, device, buffer.parameters, sizeof buffer.parameters);
    if (rc != 0)
        goto out;
    buffer.target = (struct dm_target_spec){.length = spec->sectors, .target_type = "verity"};
    rc = dm_call(control, DM_TABLE_LOAD, &buffer, sizeof buffer, name, DM_READONLY_FLAG);
    if (rc == 0) /* without the suspend flag this call resumes: the table becomes live */
        rc = dm_call(control, DM_DEV_SUSPEND, &buffer, sizeof buffer, name, DM_READONLY_FLAG);
out:
    close(control);
    return rc;
}
