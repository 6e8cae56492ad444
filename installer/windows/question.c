/* Asks who removes the agent by hand whether the ledger stays: a custom action of the installer (a DLL, type 1).

   https://learn.microsoft.com/windows/win32/msi/sending-messages-to-windows-installer-using-msiprocessmessage
   It is asked in both languages, because the part of Windows Installer that runs this knows the system's language and
   not the person's. Where nobody can be asked after all, the ledger stays. */
#include <windows.h>
#include <msi.h>
#include <msiquery.h>

static const wchar_t QUESTION[] =
    L"台帳（ログアウトの記録）を、このパソコンに残しますか？\n\n"
    L"はい：残します。記録は証拠です。\n"
    L"いいえ：すべてのアカウントの台帳を消します。\n"
    L"キャンセル：何も取り除きません。\n\n"
    L"Shall the ledgers (the records of logouts) stay on this PC?\n\n"
    L"Yes: they stay. They are evidence.\n"
    L"No: the ledgers of all accounts are deleted.\n"
    L"Cancel: nothing is removed.";

UINT __stdcall AskForLedger(MSIHANDLE install) {
    MSIHANDLE record = MsiCreateRecord(1);
    UINT failed = ERROR_SUCCESS;
    int answer = 0;
    if (record) {
        /* [1] is what stands in the first field, as it is: a text of our own is no pattern */
        MsiRecordSetStringW(record, 0, L"[1]");
        MsiRecordSetStringW(record, 1, QUESTION);
        answer = MsiProcessMessage(install, INSTALLMESSAGE_USER | MB_ICONQUESTION | MB_YESNOCANCEL | MB_DEFBUTTON1, record);
        MsiCloseHandle(record);
    }
    if (answer == IDCANCEL) return ERROR_INSTALL_USEREXIT;
    if (answer == IDNO) failed = MsiSetPropertyW(install, L"REMOVELEDGER", L"1");
    return failed == ERROR_SUCCESS ? ERROR_SUCCESS : ERROR_INSTALL_FAILURE;
}
