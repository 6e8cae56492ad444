// Stands for Windows' schtasks.exe, of which Wine has a stub: a task is its file below C:\tasks, where one looks for it.
// What it was asked is noted in C:\tasks\asked.txt, a line each; it refuses what Windows would refuse.
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

static wchar_t *after(int count, wchar_t **words, const wchar_t *name) {
    for (int i = 1; i + 1 < count; i++)
        if (_wcsicmp(words[i], name) == 0) return words[i + 1];
    return NULL;
}

int wmain(int count, wchar_t **words) {
    wchar_t task[MAX_PATH], *name = after(count, words, L"/TN"), *file = after(count, words, L"/XML");
    CreateDirectoryW(L"C:\\tasks", NULL);
    FILE *asked = _wfopen(L"C:\\tasks\\asked.txt", L"ab");
    for (int i = 1; asked && i < count; i++) fprintf(asked, "%ls%s", words[i], i + 1 < count ? " " : "\n");
    if (!asked || fclose(asked) || count < 2 || !name) return 2;
    swprintf(task, MAX_PATH, L"C:\\tasks\\%ls.xml", name);
    if (_wcsicmp(words[1], L"/Create") == 0) return !(file && CopyFileW(file, task, FALSE));
    if (_wcsicmp(words[1], L"/Delete") == 0) return !DeleteFileW(task);
    return GetFileAttributesW(task) == INVALID_FILE_ATTRIBUTES; // /End, /Run, /Query
}
