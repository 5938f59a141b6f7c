/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the files of the EFI system partition and the list of SHA-256 sums they must have. */
#include "binnacle/sums.h"
#include "loader.h"
#include "sha256.h"

#define MAX_FILE_BYTES (UINT64_C(1) << 30)
#define CHUNK_BYTES    (UINT64_C(4) << 20) /* some firmware reads no more at a time */
#define FOLDER         "\\binnacle\\"

/* The list of trusted files, in a section of its own: bn-sums fills it in after the build. */
static const struct bn_sums sums_of_build
    __attribute__((section(BN_SUMS_SECTION), aligned(4096), used)) = {
        .magic = BN_SUMS_MAGIC,
        .version = BN_SUMS_VERSION,
};

static EFI_FILE_HANDLE volume;

void files_open(void)
{
    EFI_LOADED_IMAGE *image;
    EFI_FILE_IO_INTERFACE *io;
    EFI_STATUS status = BS->HandleProtocol(efi_image, &LoadedImageProtocol, (VOID **)&image);

    if (status == EFI_SUCCESS)
        status = BS->HandleProtocol(image->DeviceHandle, &FileSystemProtocol, (VOID **)&io);
    if (status == EFI_SUCCESS)
        status = io->OpenVolume(io, &volume);
    if (status != EFI_SUCCESS)
        fail("the partition the loader came from cannot be opened: %s", efi_error(status));
}

static const struct bn_sum *find_sum(const char *name)
{
    const struct bn_sums *sums = &sums_of_build;

    __asm__("" : "+r"(sums)); /* the compiler must not take the zeros for what it will be */
    for (unsigned i = 0; i < sums->count && i < BN_SUMS_MAX; i++)
        if (!strncmp(sums->sum[i].name, name, BN_SUMS_NAME_BYTES))
            return &sums->sum[i];
    return NULL;
}

bool file_is_listed(const char *name)
{
    return find_sum(name);
}

static void check_sum(const char *name, const struct file *file)
{
    const struct bn_sum *listed = find_sum(name);
    uint8_t sum[SHA256_BYTES];

    if (!listed)
        fail("%s%s has no checksum in this loader: write the list with bn-sums", FOLDER, name);
    sha256(file->data, file->bytes, sum);
    if (memcmp(sum, listed->sha256, SHA256_BYTES))
        fail("%s%s has a wrong checksum: it is not the file this loader was made for", FOLDER,
             name);
}

static EFI_STATUS open_as(const char *name, UINT64 mode, EFI_FILE_HANDLE *handle)
{
    CHAR16 path[sizeof(FOLDER) + BN_PATH_BYTES];
    unsigned at = 0;

    for (const char *p = FOLDER; *p; p++)
        path[at++] = (CHAR16)*p;
    for (const char *p = name; *p && at + 1 < HV_ARRAY_SIZE(path); p++)
        path[at++] = (CHAR16)*p;
    path[at] = 0;
    return volume->Open(volume, handle, path, mode, 0);
}

static EFI_FILE_HANDLE open_file(const char *name)
{
    EFI_FILE_HANDLE handle;
    EFI_STATUS status = open_as(name, EFI_FILE_MODE_READ, &handle);

    if (status == EFI_NOT_FOUND)
        fail("%s%s is missing from the EFI system partition", FOLDER, name);
    if (status != EFI_SUCCESS)
        fail("%s%s cannot be opened: %s", FOLDER, name, efi_error(status));
    return handle;
}

static uint64_t size_of(EFI_FILE_HANDLE handle, const char *name)
{
    static uint64_t buffer[128]; /* EFI_FILE_INFO with a name of any length FAT allows */
    UINTN bytes = sizeof(buffer);
    EFI_STATUS status = handle->GetInfo(handle, &GenericFileInfo, &bytes, buffer);
    const EFI_FILE_INFO *info = (const EFI_FILE_INFO *)buffer;

    if (status != EFI_SUCCESS)
        fail("%s%s cannot be read: %s", FOLDER, name, efi_error(status));
    if (info->Attribute & EFI_FILE_DIRECTORY)
        fail("%s%s is a folder", FOLDER, name);
    if (info->FileSize == 0)
        fail("%s%s is empty", FOLDER, name);
    if (info->FileSize > MAX_FILE_BYTES)
        fail("%s%s is too large (%lu MiB)", FOLDER, name, info->FileSize >> 20);
    return info->FileSize;
}

void file_read(const char *name, struct file *file)
{
    EFI_FILE_HANDLE handle = open_file(name);
    uint64_t done = 0;

    file->bytes = size_of(handle, name);
    file->data = (uint8_t *)memory_pages(file->bytes);
    while (done < file->bytes) {
        UINTN chunk = file->bytes - done < CHUNK_BYTES ? file->bytes - done : CHUNK_BYTES;
        EFI_STATUS status = handle->Read(handle, &chunk, file->data + done);

        if (status != EFI_SUCCESS || chunk == 0)
            fail("%s%s cannot be read: %s", FOLDER, name, status ? efi_error(status) : "it is cut");
        done += chunk;
    }
    handle->Close(handle);
    check_sum(name, file);
    say("%s: %lu bytes, checksum right", name, file->bytes);
}

void file_release(const struct file *file)
{
    BS->FreePages((EFI_PHYSICAL_ADDRESS)file->data, page_up(file->bytes) / HV_PAGE_BYTES);
}

/* Whether the open file has these bytes and no others. */
static bool holds(EFI_FILE_HANDLE handle, const void *data, uint64_t bytes)
{
    const struct file there = {(uint8_t *)memory_pages(bytes + 1), bytes + 1};
    UINTN read = there.bytes;
    const bool same = handle->Read(handle, &read, there.data) == EFI_SUCCESS && read == bytes &&
                      memcmp(there.data, data, bytes) == 0;

    file_release(&there);
    return same;
}

void file_write(const char *name, const void *data, uint64_t bytes)
{
    const UINT64 mode = EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE;
    EFI_FILE_HANDLE handle;
    EFI_STATUS status;
    UINTN written = bytes;

    if (open_as(name, mode, &handle) == EFI_SUCCESS) {
        if (holds(handle, data, bytes)) {
            handle->Close(handle);
            return;
        }
        handle->Delete(handle); /* a longer one would keep its end */
    }
    status = open_as(name, mode | EFI_FILE_MODE_CREATE, &handle);
    if (status == EFI_SUCCESS) {
        status = handle->Write(handle, &written, (VOID *)(UINTN)data);
        handle->Close(handle);
    }
    if (status == EFI_SUCCESS)
        say("%s%s: written", FOLDER, name);
    else
        say("WARNING: %s%s cannot be written: %s", FOLDER, name, efi_error(status));
}
