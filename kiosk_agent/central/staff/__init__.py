"""The people who look at central: accounts, sessions, what each may do and see, and the record of what they did."""
