/* SPDX-License-Identifier: BSD-3-Clause */
/* A boot manager of one menu item: says what firmware gave it, with the ACPI tables checked, and
 * starts the Linux that lies beside it, or switches the machine off by firmware's service. */
#include <efi.h>
#include <efilib.h>

struct table { /* ACPI 6.5 §5.2.6 */
    char signature[4];
    UINT32 bytes;
    UINT8 rest[28];
} __attribute__((packed));

struct root { /* §5.2.5.3 */
    char signature[8];
    UINT8 checksum, oem[6], revision;
    UINT32 rsdt, bytes;
    UINT64 xsdt;
    UINT8 rest[4];
} __attribute__((packed));

static UINT8 sum(const void *p, UINTN bytes)
{
    UINT8 s = 0;

    for (UINTN i = 0; i < bytes; i++)
        s = (UINT8)(s + ((const UINT8 *)p)[i]);
    return s;
}

static void say_table(const struct table *t)
{
    Print(L"uefi: table %c%c%c%c, %u bytes, sum %u\n", t->signature[0], t->signature[1],
          t->signature[2], t->signature[3], t->bytes, sum(t, t->bytes));
}

static void say_tables(void)
{
    EFI_GUID acpi = ACPI_20_TABLE_GUID;
    struct root *root;
    struct table *xsdt;
    UINT64 at;

    if (LibGetSystemConfigurationTable(&acpi, (void **)&root) != EFI_SUCCESS) {
        Print(L"uefi: no ACPI tables\n");
        return;
    }
    Print(L"uefi: root sum %u\n", sum(root, root->bytes));
    xsdt = (struct table *)root->xsdt;
    for (UINTN i = sizeof(*xsdt); i + 8 <= xsdt->bytes; i += 8) {
        CopyMem(&at, (UINT8 *)xsdt + i, sizeof(at));
        say_table((struct table *)at);
    }
}

static void say_memory(void)
{
    UINTN count, key, size;
    UINT32 version;
    UINT64 pages = 0;
    UINT8 *map = (UINT8 *)LibMemoryMap(&count, &key, &size, &version);

    for (UINTN i = 0; map && i < count; i++) {
        EFI_MEMORY_DESCRIPTOR *d = (EFI_MEMORY_DESCRIPTOR *)(map + i * size);

        if (d->Type >= EfiLoaderCode && d->Type <= EfiConventionalMemory)
            pages += d->NumberOfPages;
    }
    Print(L"uefi: %lu MiB for the system\n", pages >> 8);
}

/* Returns when there is none. */
static void start_linux(EFI_HANDLE self)
{
    static CHAR16 options[] = L"console=ttyS0 clocksource=tsc tsc=reliable quiet panic=-1 "
                              L"initrd=\\binnacle\\initrd uefi.guest";
    EFI_LOADED_IMAGE *loaded;
    EFI_DEVICE_PATH *path;
    EFI_HANDLE image;

    if (BS->HandleProtocol(self, &LoadedImageProtocol, (void **)&loaded) != EFI_SUCCESS)
        return;
    path = FileDevicePath(loaded->DeviceHandle, L"\\binnacle\\bzImage");
    if (BS->LoadImage(FALSE, self, path, NULL, 0, &image) != EFI_SUCCESS ||
        BS->HandleProtocol(image, &LoadedImageProtocol, (void **)&loaded) != EFI_SUCCESS)
        return;
    Print(L"uefi: starts Linux\n");
    loaded->LoadOptions = options;
    loaded->LoadOptionsSize = sizeof(options);
    Print(L"uefi: Linux came back: %r\n", BS->StartImage(image, NULL, NULL));
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);
EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    EFI_TIME now;

    InitializeLib(image, system);
    Print(L"uefi: hello under %s\n", system->FirmwareVendor);
    say_memory();
    say_tables();
    if (RT->GetTime(&now, NULL) == EFI_SUCCESS)
        Print(L"uefi: it is the year %u\n", now.Year);
    start_linux(image);
    Print(L"uefi: off\n");
    RT->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
    return EFI_ABORTED;
}
