/* python.exe for the Windows Python of the tests: the interpreter itself is python311.dll beside it. */
#include <windows.h>

typedef int (*interpreter)(int, wchar_t **);

int wmain(int argc, wchar_t **argv) {
    HMODULE library = LoadLibraryW(L"python311.dll");
    interpreter run = library ? (interpreter)(void *)GetProcAddress(library, "Py_Main") : NULL;
    return run ? run(argc, argv) : 103;
}
